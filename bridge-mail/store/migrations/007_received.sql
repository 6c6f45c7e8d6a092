-- SPDX-License-Identifier: Apache-2.0
-- Threads that are not one conversation, mails set aside, and threads found to be one.

-- Threads by name: one for each list, one for what is set aside.
CREATE TABLE named_threads (
	mailbox_id INTEGER NOT NULL REFERENCES mailboxes (mailbox_id),
	kind INTEGER NOT NULL, -- enum named_kind
	name TEXT NOT NULL,
	thread_id INTEGER NOT NULL UNIQUE REFERENCES threads (thread_id),
	PRIMARY KEY (mailbox_id, kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
	delivery_id INTEGER PRIMARY KEY REFERENCES deliveries (delivery_id),
	reason INTEGER NOT NULL, -- enum quarantine_reason
	detail TEXT NOT NULL,
	at INTEGER NOT NULL,
	released_by TEXT NOT NULL DEFAULT '' -- user id; '' while it is set aside
) STRICT;

-- What a late parent has shown; the rooms are told after.
CREATE TABLE thread_merges (
	from_thread INTEGER PRIMARY KEY REFERENCES threads (thread_id),
	into_thread INTEGER NOT NULL REFERENCES threads (thread_id),
	told INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX thread_merges_untold ON thread_merges (from_thread) WHERE told = 0;
