-- SPDX-License-Identifier: Apache-2.0
-- Presence, reports, guests, locks and suspensions, erased users, rooms that application services
-- list, and events by their time.

-- The last known presence: written when it changes, never with a sync.
-- state: 0 offline, 1 unavailable, 2 online.
CREATE TABLE presence (
	user_id TEXT NOT NULL PRIMARY KEY,
	state INTEGER NOT NULL,
	status_msg TEXT,                    -- NULL: none
	last_active_ts INTEGER NOT NULL     -- 0: never
) STRICT, WITHOUT ROWID;
CREATE INDEX presence_here ON presence (state, user_id) WHERE state > 0;

-- What users told the administrator about. event_id and reported_user tell what: a room when both
-- are NULL.
CREATE TABLE reports (
	id INTEGER PRIMARY KEY,
	reporter TEXT NOT NULL,
	room_id TEXT,
	event_id TEXT,
	reported_user TEXT,
	reason TEXT NOT NULL,
	created_ts INTEGER NOT NULL
) STRICT;

ALTER TABLE users ADD COLUMN is_guest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;

-- Deactivated users who asked for their messages to be erased. position: who came to a room behind
-- it gets them redacted.
CREATE TABLE erased_users (
	user_id TEXT NOT NULL PRIMARY KEY,
	position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The directories of third-party networks.
CREATE TABLE appservice_rooms (
	appservice_id TEXT NOT NULL,
	network_id TEXT NOT NULL,
	room INTEGER NOT NULL REFERENCES rooms (id),
	PRIMARY KEY (appservice_id, network_id, room)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_by_time ON events (room, origin_server_ts);
