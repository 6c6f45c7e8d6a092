-- SPDX-License-Identifier: Apache-2.0
-- What comes in: mailboxes, mails on disk, one delivery for each mail and mailbox.

CREATE TABLE mailboxes (
	mailbox_id INTEGER PRIMARY KEY,
	address TEXT NOT NULL UNIQUE, -- lower case
	name TEXT NOT NULL,
	space_id TEXT -- room id of its space, NULL until made
) STRICT;

-- The bytes are the file mails/<2 hex digits>/<the other 62>.eml.
CREATE TABLE mails (
	mail_id INTEGER PRIMARY KEY,
	content_hash TEXT NOT NULL, -- SHA-256 of the file, hex
	size INTEGER NOT NULL,
	via TEXT NOT NULL, -- smtp, lmtp, imap
	mail_from TEXT NOT NULL, -- '' is the null sender
	received_at INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
	delivery_id INTEGER PRIMARY KEY,
	mail_id INTEGER NOT NULL REFERENCES mails (mail_id),
	mailbox_id INTEGER NOT NULL REFERENCES mailboxes (mailbox_id),
	recipient TEXT NOT NULL, -- as given in RCPT TO
	state INTEGER NOT NULL DEFAULT 0, -- enum delivery_state
	message_id TEXT,
	content_key TEXT, -- of what the author wrote, not of the way it came
	thread_id INTEGER REFERENCES threads (thread_id),
	attempts INTEGER NOT NULL DEFAULT 0,
	next_try_at INTEGER NOT NULL DEFAULT 0,
	reason TEXT -- why it failed or waits
) STRICT;
CREATE INDEX deliveries_open ON deliveries (delivery_id) WHERE state < 2;
CREATE INDEX deliveries_mail ON deliveries (mail_id);
CREATE INDEX deliveries_thread ON deliveries (thread_id);
CREATE INDEX deliveries_mailbox ON deliveries (mailbox_id);
CREATE UNIQUE INDEX deliveries_once ON deliveries (mailbox_id, message_id, content_key)
	WHERE state <> 3 AND message_id IS NOT NULL;
