-- SPDX-License-Identifier: Apache-2.0
-- Folders read over IMAP, what is known of senders, and the order in which mails leave.

CREATE TABLE imap_folders (
	folder_id INTEGER PRIMARY KEY,
	account TEXT NOT NULL, -- user@host:port
	folder TEXT NOT NULL,
	uid_validity INTEGER NOT NULL,
	next_uid INTEGER NOT NULL, -- the lowest UID that was not looked at yet
	since INTEGER NOT NULL, -- when the folder was read for the first time, ms
	existing_to INTEGER NOT NULL, -- mails below were there before these numbers were known
	renumbered INTEGER NOT NULL, -- these are not the first numbers that we know
	UNIQUE (account, folder)
) STRICT;

-- Mails of those folders by the number that the server gives them.
CREATE TABLE imap_mails (
	folder_id INTEGER NOT NULL REFERENCES imap_folders (folder_id),
	uid_validity INTEGER NOT NULL,
	uid INTEGER NOT NULL,
	mail_id INTEGER REFERENCES mails (mail_id) ON DELETE SET NULL, -- NULL: passed over
	state INTEGER NOT NULL, -- enum imap_mail_state
	reason TEXT, -- why it was passed over
	PRIMARY KEY (folder_id, uid_validity, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX imap_mails_kept ON imap_mails (folder_id, uid_validity, uid) WHERE state = 0;
CREATE INDEX imap_mails_mail ON imap_mails (mail_id);

-- Who wrote a mail, as far as it can be told; judged once.
CREATE TABLE verdicts (
	mail_id INTEGER PRIMARY KEY REFERENCES mails (mail_id) ON DELETE CASCADE,
	state INTEGER NOT NULL, -- enum verdict_state
	flags INTEGER NOT NULL, -- enum verdict_flags
	domain TEXT NOT NULL, -- of From, as it goes over the wire
	reason TEXT NOT NULL
) STRICT;

-- 0: a person answers; 1: what programs write, such as digests.
ALTER TABLE outgoing_recipients ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
DROP INDEX outgoing_due;
CREATE INDEX outgoing_due ON outgoing_recipients (priority, next_try_at) WHERE state IN (0, 2);

-- When a machine of ours last answered an address by itself.
CREATE TABLE automatic_answers (
	address TEXT NOT NULL,
	kind TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (address, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX automatic_answers_age ON automatic_answers (at);
