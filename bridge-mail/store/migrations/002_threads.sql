-- SPDX-License-Identifier: Apache-2.0
-- Conversations, the ids by which their mails are known, and who takes part.

CREATE TABLE threads (
	thread_id INTEGER PRIMARY KEY,
	mailbox_id INTEGER NOT NULL REFERENCES mailboxes (mailbox_id),
	token TEXT NOT NULL UNIQUE, -- in our Message-IDs and in the room's alias
	room_id TEXT UNIQUE, -- NULL until made
	subject TEXT NOT NULL, -- of the first mail, decoded
	base_subject TEXT NOT NULL, -- without prefixes, case folded
	thread_index BLOB, -- first 22 bytes of Outlook's Thread-Index
	created_at INTEGER NOT NULL,
	last_at INTEGER NOT NULL
) STRICT;
CREATE INDEX threads_subject ON threads (mailbox_id, base_subject, last_at);
CREATE INDEX threads_index ON threads (mailbox_id, thread_index) WHERE thread_index IS NOT NULL;

-- Every Message-ID that a thread knows, without <>. seen = 0: named by a mail, not met yet.
CREATE TABLE messages (
	mailbox_id INTEGER NOT NULL REFERENCES mailboxes (mailbox_id),
	message_id TEXT NOT NULL,
	thread_id INTEGER NOT NULL REFERENCES threads (thread_id),
	seen INTEGER NOT NULL,
	outgoing INTEGER NOT NULL DEFAULT 0, -- ours
	sender TEXT NOT NULL DEFAULT '',
	refs TEXT NOT NULL DEFAULT '', -- ids of its References, oldest first, space between
	at INTEGER NOT NULL,
	PRIMARY KEY (mailbox_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_thread ON messages (thread_id, at);

CREATE TABLE participants (
	thread_id INTEGER NOT NULL REFERENCES threads (thread_id),
	address TEXT NOT NULL, -- lower case
	name TEXT NOT NULL,
	reply_to TEXT NOT NULL, -- where answers to them go; mostly the address as it was written
	role INTEGER NOT NULL, -- enum participant_role
	PRIMARY KEY (thread_id, address)
) STRICT, WITHOUT ROWID;
