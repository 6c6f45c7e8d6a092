-- SPDX-License-Identifier: Apache-2.0
-- Mails that leave: one row for each mail, one for each of its recipients.

CREATE TABLE outgoing (
	outgoing_id INTEGER PRIMARY KEY,
	thread_id INTEGER NOT NULL REFERENCES threads (thread_id),
	event_id TEXT NOT NULL UNIQUE, -- what it was made from
	message_id TEXT NOT NULL,
	mail_from TEXT NOT NULL, -- envelope
	content_hash TEXT NOT NULL, -- of the composed mail, a file like those that came in
	created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outgoing_thread ON outgoing (thread_id);

CREATE TABLE outgoing_recipients (
	outgoing_id INTEGER NOT NULL REFERENCES outgoing (outgoing_id),
	address TEXT NOT NULL,
	state INTEGER NOT NULL DEFAULT 0, -- enum outgoing_state
	attempts INTEGER NOT NULL DEFAULT 0,
	next_try_at INTEGER NOT NULL,
	changed_at INTEGER NOT NULL,
	last_reply TEXT NOT NULL DEFAULT '', -- of the server, or our reason
	told INTEGER NOT NULL DEFAULT 0, -- the room knows how it ended
	PRIMARY KEY (outgoing_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX outgoing_due ON outgoing_recipients (next_try_at) WHERE state IN (0, 2);
CREATE INDEX outgoing_sending ON outgoing_recipients (state) WHERE state = 1;
CREATE INDEX outgoing_untold ON outgoing_recipients (changed_at) WHERE state IN (3, 4) AND told = 0;
CREATE INDEX outgoing_sent ON outgoing_recipients (changed_at) WHERE state = 3;
