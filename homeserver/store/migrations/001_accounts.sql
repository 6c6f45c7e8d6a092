-- SPDX-License-Identifier: Apache-2.0
-- Accounts, their devices and tokens, profiles, account data, filters.

CREATE TABLE users (
	id INTEGER PRIMARY KEY,             -- the row of user_words
	user_id TEXT NOT NULL UNIQUE,       -- full: @camille:localhost
	password TEXT,                      -- Argon2id, encoded; NULL: no password login
	appservice_id TEXT,                 -- NULL: an ordinary user
	is_admin INTEGER NOT NULL DEFAULT 0,
	deactivated INTEGER NOT NULL DEFAULT 0,
	created_ts INTEGER NOT NULL,
	displayname TEXT,
	avatar_url TEXT
) STRICT;

-- Profile fields beyond displayname and avatar_url; value is JSON text.
CREATE TABLE profile_fields (
	user_id TEXT NOT NULL,
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (user_id, name)
) STRICT, WITHOUT ROWID;

-- What the user directory searches: the localpart and the display name.
CREATE VIRTUAL TABLE user_words USING fts5 (
	words, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE devices (
	user_id TEXT NOT NULL,
	device_id TEXT NOT NULL,
	display_name TEXT,
	last_seen_ts INTEGER,
	last_seen_ip TEXT,
	PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

-- Tokens are kept as SHA-256 only.
CREATE TABLE access_tokens (
	hash BLOB NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL,
	device_id TEXT NOT NULL,
	expires_ts INTEGER,                 -- NULL: never
	replaces BLOB                       -- the refresh token that dies when this is first used
) STRICT, WITHOUT ROWID;
CREATE INDEX access_tokens_by_device ON access_tokens (user_id, device_id);

CREATE TABLE refresh_tokens (
	hash BLOB NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL,
	device_id TEXT NOT NULL,
	access_hash BLOB NOT NULL,          -- the access token that was given with it
	replaces BLOB                       -- the refresh token that dies when this is first used
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_device ON refresh_tokens (user_id, device_id);

-- Tokens with one short use: m.login.token and OpenID.
CREATE TABLE short_tokens (
	hash BLOB NOT NULL PRIMARY KEY,
	purpose TEXT NOT NULL,              -- 'login' or 'openid'
	user_id TEXT NOT NULL,
	expires_ts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX short_tokens_by_expiry ON short_tokens (expires_ts);
CREATE INDEX short_tokens_by_user ON short_tokens (user_id);

CREATE TABLE account_data (
	user_id TEXT NOT NULL,
	room_id TEXT NOT NULL,              -- '': global
	type TEXT NOT NULL,
	content TEXT NOT NULL,              -- JSON text of an object
	position INTEGER NOT NULL,
	PRIMARY KEY (user_id, room_id, type)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_data_by_position ON account_data (user_id, position);

CREATE TABLE filters (
	user_id TEXT NOT NULL,
	filter_id INTEGER NOT NULL,
	hash BLOB NOT NULL,                 -- of the content: the same filter gets the same id
	content TEXT NOT NULL,
	PRIMARY KEY (user_id, filter_id),
	UNIQUE (user_id, hash)
) STRICT, WITHOUT ROWID;
