-- SPDX-License-Identifier: Apache-2.0
-- What agents do with threads, and rooms in which people take part by mail.

ALTER TABLE threads ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE threads ADD COLUMN assigned_to TEXT NOT NULL DEFAULT ''; -- user id
ALTER TABLE threads ADD COLUMN merged_into INTEGER REFERENCES threads (thread_id);
ALTER TABLE threads ADD COLUMN unshown INTEGER NOT NULL DEFAULT 0; -- the room does not show it yet
CREATE INDEX threads_unshown ON threads (thread_id) WHERE unshown = 1;
CREATE INDEX threads_merged ON threads (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX threads_open ON threads (mailbox_id, last_at) WHERE closed = 0;

-- Commands that were carried out, by the event that gave them.
CREATE TABLE commands (
	event_id TEXT NOT NULL PRIMARY KEY,
	thread_id INTEGER NOT NULL,
	kind INTEGER NOT NULL, -- enum command_kind
	outcome INTEGER NOT NULL, -- enum command_outcome
	other INTEGER NOT NULL DEFAULT 0, -- thread or mailbox that it is about
	text TEXT NOT NULL DEFAULT '', -- whom or what it is about
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX commands_age ON commands (at);

-- Rooms with people on mail: each has a row in mailboxes and one thread, which has no end.
CREATE TABLE linked_rooms (
	mailbox_id INTEGER PRIMARY KEY REFERENCES mailboxes (mailbox_id),
	thread_id INTEGER NOT NULL UNIQUE REFERENCES threads (thread_id),
	room_id TEXT NOT NULL UNIQUE,
	actor TEXT NOT NULL, -- who of us speaks there: the bot, or a ghost
	strangers INTEGER NOT NULL, -- enum strangers_policy
	ended INTEGER NOT NULL DEFAULT 0
) STRICT;

-- More addresses of a mailbox than its own.
CREATE TABLE mailbox_aliases (
	address TEXT NOT NULL PRIMARY KEY, -- lower case
	mailbox_id INTEGER NOT NULL REFERENCES mailboxes (mailbox_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mailbox_aliases_mailbox ON mailbox_aliases (mailbox_id);

CREATE TABLE room_guests (
	mailbox_id INTEGER NOT NULL REFERENCES linked_rooms (mailbox_id),
	address TEXT NOT NULL, -- lower case
	user_id TEXT NOT NULL,
	state INTEGER NOT NULL, -- enum guest_state
	delivery INTEGER NOT NULL, -- enum guest_delivery
	english INTEGER NOT NULL,
	first_mail TEXT NOT NULL, -- Message-ID that all later mails refer to
	seen_item INTEGER NOT NULL, -- room_items up to this one need not be in a digest
	due_at INTEGER, -- of the next digest; NULL while there is nothing to tell
	invited_by TEXT NOT NULL, -- user id; '' when they came by themselves
	cause TEXT NOT NULL, -- event of the invitation, or what else made the row what it is
	why INTEGER NOT NULL DEFAULT 0, -- enum guest_end
	PRIMARY KEY (mailbox_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_guests_due ON room_guests (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX room_guests_open ON room_guests (mailbox_id) WHERE state IN (0, 2);
CREATE INDEX room_guests_user ON room_guests (user_id);

-- What was said, for digests that are still to come.
CREATE TABLE room_items (
	item_id INTEGER PRIMARY KEY,
	mailbox_id INTEGER NOT NULL,
	event_id TEXT NOT NULL UNIQUE,
	root TEXT NOT NULL, -- event that the thread in the room began with
	author TEXT NOT NULL, -- user id
	name TEXT NOT NULL, -- of the author
	text TEXT NOT NULL,
	html TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX room_items_room ON room_items (mailbox_id, item_id);

-- Our mails to those people: to whom each went, and about which event.
CREATE TABLE room_mails (
	message_id TEXT NOT NULL PRIMARY KEY, -- without <>
	mailbox_id INTEGER NOT NULL,
	address TEXT NOT NULL,
	event_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX room_mails_event ON room_mails (mailbox_id, event_id, address);

-- Who has invited how many.
CREATE TABLE invitations (
	event_id TEXT NOT NULL PRIMARY KEY,
	inviter TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invitations_inviter ON invitations (inviter, at);
CREATE INDEX invitations_age ON invitations (at);

-- Mails of strangers that wait until a member of the room lets them in.
CREATE TABLE held_mails (
	delivery_id INTEGER PRIMARY KEY REFERENCES deliveries (delivery_id),
	mailbox_id INTEGER NOT NULL,
	address TEXT NOT NULL,
	subject TEXT NOT NULL,
	told INTEGER NOT NULL DEFAULT 0 -- the room knows
) STRICT;
CREATE INDEX held_mails_untold ON held_mails (delivery_id) WHERE told = 0;
CREATE INDEX held_mails_room ON held_mails (mailbox_id, address);
