-- SPDX-License-Identifier: Apache-2.0
-- Events that are to be sent later (MSC4140), and for a while what became of them.

CREATE TABLE delayed_events (
	id INTEGER PRIMARY KEY,
	delay_id TEXT NOT NULL UNIQUE,
	user_id TEXT NOT NULL,
	device_id TEXT NOT NULL,            -- '' for none
	scope BLOB,                         -- hash of what makes its transaction id one's own
	room_id TEXT NOT NULL,
	type TEXT NOT NULL,
	state_key TEXT,                     -- NULL: a message event
	redacts TEXT NOT NULL,              -- '' but for redactions
	content TEXT NOT NULL,              -- JSON text of an object
	origin_server_ts INTEGER NOT NULL,  -- 0: when it is sent
	delay INTEGER NOT NULL,             -- milliseconds
	running_since INTEGER NOT NULL,
	send_ts INTEGER NOT NULL,           -- the sum of the two
	finalised_ts INTEGER,               -- NULL: scheduled
	sent INTEGER NOT NULL DEFAULT 0,    -- of what is finalised: sent, or else cancelled
	by_action INTEGER NOT NULL DEFAULT 0, -- somebody asked for it
	error TEXT,                         -- JSON text of an object: why it could not be sent
	event_id TEXT,
	event_position INTEGER
) STRICT;
CREATE UNIQUE INDEX delayed_events_by_scope ON delayed_events (scope) WHERE scope IS NOT NULL;
CREATE INDEX delayed_events_due ON delayed_events (send_ts, id) WHERE finalised_ts IS NULL;
CREATE INDEX delayed_events_by_user ON delayed_events (user_id, finalised_ts, id);
CREATE INDEX delayed_events_by_state ON delayed_events (room_id, type, state_key)
	WHERE finalised_ts IS NULL AND state_key IS NOT NULL;
CREATE INDEX delayed_events_by_event ON delayed_events (event_position)
	WHERE event_position IS NOT NULL;
CREATE INDEX delayed_events_finalised ON delayed_events (finalised_ts)
	WHERE finalised_ts IS NOT NULL;
