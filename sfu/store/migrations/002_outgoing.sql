-- SPDX-License-Identifier: Apache-2.0
-- What others are told by HTTP, and so must outlive a crash.

-- Delayed leave events (MSC4140) that a client has handed over: restarted while the person is in
-- the meeting, sent once it is not.
CREATE TABLE delegations (
	room TEXT NOT NULL,
	identity TEXT NOT NULL,
	delay_id TEXT NOT NULL,
	timeout_ms INTEGER NOT NULL,
	restarted_ms INTEGER NOT NULL, -- wall clock: when the homeserver's delay last began
	seen INTEGER NOT NULL, -- the person has been in the meeting since
	PRIMARY KEY (room, identity)
) STRICT, WITHOUT ROWID;

-- Webhooks that a receiver has not taken yet, in the order in which they came to be.
CREATE TABLE webhooks (
	webhook_id INTEGER PRIMARY KEY,
	url TEXT NOT NULL,
	room TEXT NOT NULL,
	body TEXT NOT NULL,
	created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_by_url ON webhooks (url, webhook_id);
