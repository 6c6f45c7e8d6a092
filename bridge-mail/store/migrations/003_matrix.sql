-- SPDX-License-Identifier: Apache-2.0
-- The Matrix side: ghosts, what each delivery posts, which event is which mail, transactions.

CREATE TABLE ghosts (
	address TEXT NOT NULL PRIMARY KEY, -- lower case
	user_id TEXT NOT NULL UNIQUE,
	name TEXT NOT NULL -- as set on the server; '' until set
) STRICT, WITHOUT ROWID;

CREATE TABLE ghost_rooms (
	room_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;

-- Part 0 is the text, the others are attachments.
CREATE TABLE posts (
	delivery_id INTEGER NOT NULL REFERENCES deliveries (delivery_id),
	part INTEGER NOT NULL,
	txn_id TEXT NOT NULL,
	state INTEGER NOT NULL DEFAULT 0, -- enum post_state
	PRIMARY KEY (delivery_id, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE uploads (
	content_hash TEXT NOT NULL PRIMARY KEY,
	mxc TEXT NOT NULL,
	uploaded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Both ways: the events that a mail made, and the event that a mail was made from.
CREATE TABLE message_events (
	event_id TEXT NOT NULL PRIMARY KEY,
	room_id TEXT NOT NULL,
	thread_id INTEGER NOT NULL REFERENCES threads (thread_id),
	mailbox_id INTEGER NOT NULL,
	message_id TEXT NOT NULL,
	part INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX message_events_message ON message_events (mailbox_id, message_id, part);

CREATE TABLE transactions (
	txn_id TEXT NOT NULL PRIMARY KEY,
	received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX transactions_age ON transactions (received_at);

-- Events of transactions, waiting to be acted on.
CREATE TABLE room_events (
	sequence INTEGER PRIMARY KEY,
	event_id TEXT NOT NULL UNIQUE,
	room_id TEXT NOT NULL,
	json TEXT NOT NULL,
	received_at INTEGER NOT NULL,
	state INTEGER NOT NULL DEFAULT 0, -- 0 waiting, 1 done
	attempts INTEGER NOT NULL DEFAULT 0,
	next_try_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX room_events_waiting ON room_events (sequence) WHERE state = 0;
CREATE INDEX room_events_done ON room_events (received_at) WHERE state = 1;
