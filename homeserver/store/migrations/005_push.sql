-- SPDX-License-Identifier: Apache-2.0
-- Push rules, pushers, and which events a user has not read yet.

-- Only what differs from the default rules: rules the user made, and what they changed in ours.
CREATE TABLE push_rules (
	user_id TEXT NOT NULL PRIMARY KEY,
	rules TEXT NOT NULL,                -- JSON, see push/ruleset.h
	position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX push_rules_by_position ON push_rules (position);

CREATE TABLE pushers (
	user_id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	pushkey TEXT NOT NULL,
	device_id TEXT NOT NULL,            -- it goes when the device goes; '' for none
	kind TEXT NOT NULL,
	app_display_name TEXT NOT NULL,
	device_display_name TEXT NOT NULL,
	profile_tag TEXT NOT NULL,
	lang TEXT NOT NULL,
	data TEXT NOT NULL,                 -- JSON text of an object
	created_ts INTEGER NOT NULL,
	PRIMARY KEY (user_id, app_id, pushkey)
) STRICT, WITHOUT ROWID;
CREATE INDEX pushers_by_key ON pushers (app_id, pushkey);
CREATE INDEX pushers_by_device ON pushers (user_id, device_id);

-- Events that notified a user. Those that no receipt has passed yet are counted; some that were
-- read stay for the list of notifications. room and user are the numbers of 002_rooms: a message
-- writes a row for each member, and small rows of one room share few pages.
CREATE TABLE notified_events (
	room INTEGER NOT NULL,
	user INTEGER NOT NULL,
	position INTEGER NOT NULL,          -- of the event
	thread_id TEXT NOT NULL,            -- the thread's root, '' for the main timeline
	highlight INTEGER NOT NULL,
	actions TEXT NOT NULL,              -- JSON text of an array
	read INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (room, user, position)
) STRICT, WITHOUT ROWID;

-- The sums of what is unread of the above, looked up by every sync.
CREATE TABLE unread_counts (
	room INTEGER NOT NULL,
	user INTEGER NOT NULL,
	thread_id TEXT NOT NULL,
	notifications INTEGER NOT NULL,
	highlights INTEGER NOT NULL,
	position INTEGER NOT NULL,          -- when a receipt last changed it; 0: never
	PRIMARY KEY (room, user, thread_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX unread_counts_by_position ON unread_counts (user, position) WHERE position > 0;
