-- SPDX-License-Identifier: Apache-2.0
-- What leaves is held back, corrected, reported on and linked to.

ALTER TABLE outgoing ADD COLUMN author TEXT NOT NULL DEFAULT ''; -- user id of who wrote it
ALTER TABLE outgoing ADD COLUMN text_hash TEXT NOT NULL DEFAULT ''; -- of what it last said
ALTER TABLE outgoing ADD COLUMN corrects TEXT NOT NULL DEFAULT ''; -- event whose mail it corrects
ALTER TABLE outgoing ADD COLUMN held INTEGER NOT NULL DEFAULT 0; -- it waits, and the room sees so
CREATE INDEX outgoing_corrects ON outgoing (corrects) WHERE corrects <> '';
CREATE INDEX outgoing_message ON outgoing (message_id);
CREATE INDEX outgoing_content ON outgoing (content_hash);
CREATE INDEX mails_content ON mails (content_hash);

-- What other servers say of a mail after they have taken it.
ALTER TABLE outgoing_recipients ADD COLUMN report INTEGER NOT NULL DEFAULT 0; -- enum outgoing_report
ALTER TABLE outgoing_recipients ADD COLUMN report_text TEXT NOT NULL DEFAULT '';
ALTER TABLE outgoing_recipients ADD COLUMN report_told INTEGER NOT NULL DEFAULT 0; -- as report
CREATE INDEX outgoing_reported ON outgoing_recipients (outgoing_id) WHERE report > report_told;
CREATE INDEX outgoing_failed ON outgoing_recipients (changed_at) WHERE state = 4 OR report = 2;

-- How often mail to an address has come back since somebody there wrote.
CREATE TABLE address_failures (
	address TEXT NOT NULL PRIMARY KEY, -- lower case
	count INTEGER NOT NULL,
	last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Files that a mail links to instead of carrying them.
CREATE TABLE file_links (
	link_id INTEGER PRIMARY KEY,
	event_id TEXT NOT NULL UNIQUE, -- that the mail was made from
	mxc TEXT NOT NULL,
	name TEXT NOT NULL,
	content_type TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	revoked INTEGER NOT NULL DEFAULT 0,
	downloads INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX file_links_age ON file_links (expires_at);

-- By address, whatever its case.
CREATE INDEX messages_sender ON messages (sender COLLATE NOCASE) WHERE sender <> '';
CREATE INDEX outgoing_address ON outgoing_recipients (address COLLATE NOCASE);
CREATE INDEX participants_address ON participants (address);
CREATE INDEX ghost_rooms_user ON ghost_rooms (user_id);
CREATE INDEX room_guests_address ON room_guests (address);
CREATE INDEX room_mails_address ON room_mails (address);
CREATE INDEX mails_sender ON mails (mail_from COLLATE NOCASE) WHERE mail_from <> '';
