-- SPDX-License-Identifier: Apache-2.0
-- Rooms, events, state, memberships, aliases.

-- Event types, state keys and user ids, stored once and known by a small number.
CREATE TABLE names (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE rooms (
	id INTEGER PRIMARY KEY,
	room_id TEXT NOT NULL UNIQUE,
	version TEXT NOT NULL,
	published INTEGER NOT NULL DEFAULT 0,
	joined_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX rooms_published ON rooms (joined_count, id) WHERE published = 1;

-- The key is the stream position. History that is fetched later will take positions below zero, so
-- that it sorts before what was seen live and no sync tells it.
CREATE TABLE events (
	position INTEGER PRIMARY KEY,
	event_id TEXT NOT NULL UNIQUE,
	room INTEGER NOT NULL REFERENCES rooms (id),
	type INTEGER NOT NULL,
	state_key INTEGER,
	sender INTEGER NOT NULL,
	origin_server_ts INTEGER NOT NULL,
	depth INTEGER NOT NULL,
	redacted_by INTEGER,
	json TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_room ON events (room, position);

CREATE TABLE room_extremities (
	room INTEGER NOT NULL,
	event INTEGER NOT NULL,
	PRIMARY KEY (room, event)
) STRICT, WITHOUT ROWID;

-- event NULL: the key has no value any more.
CREATE TABLE current_state (
	room INTEGER NOT NULL,
	type INTEGER NOT NULL,
	state_key INTEGER NOT NULL,
	event INTEGER,
	changed INTEGER NOT NULL,
	PRIMARY KEY (room, type, state_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE state_changes (
	room INTEGER NOT NULL,
	type INTEGER NOT NULL,
	state_key INTEGER NOT NULL,
	position INTEGER NOT NULL,
	event INTEGER,
	PRIMARY KEY (room, type, state_key, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX state_changes_by_position ON state_changes (room, position);

-- membership: 1 invite, 2 join, 3 knock, 4 leave, 5 ban.
CREATE TABLE memberships (
	room INTEGER NOT NULL,
	user INTEGER NOT NULL,
	membership INTEGER NOT NULL,
	position INTEGER NOT NULL,
	joined_since INTEGER NOT NULL,
	forgotten INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user, membership, room);
CREATE INDEX memberships_by_room ON memberships (room, membership, position);

-- Stripped state of open invites and knocks.
CREATE TABLE invite_states (
	room INTEGER NOT NULL,
	user INTEGER NOT NULL,
	json TEXT NOT NULL,
	PRIMARY KEY (room, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE room_aliases (
	alias TEXT NOT NULL PRIMARY KEY,
	room INTEGER NOT NULL REFERENCES rooms (id),
	creator TEXT NOT NULL,
	created_ts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX room_aliases_by_room ON room_aliases (room);

-- scope: the first half of a SHA-256 over user, device, room, path and transaction id.
CREATE TABLE event_txns (
	event INTEGER PRIMARY KEY,
	scope BLOB NOT NULL UNIQUE,
	device_id TEXT NOT NULL,
	txn_id TEXT NOT NULL,
	created_ts INTEGER NOT NULL
) STRICT;
