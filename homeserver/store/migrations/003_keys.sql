-- SPDX-License-Identifier: Apache-2.0
-- End-to-end encryption: device keys, one-time and fallback keys, cross-signing, changes of device
-- lists, to-device messages, key backups.

-- The signed object as uploaded, canonical, without "unsigned".
CREATE TABLE device_keys (
	user_id TEXT NOT NULL,
	device_id TEXT NOT NULL,
	json TEXT NOT NULL,
	PRIMARY KEY (user_id, device_id)
) STRICT, WITHOUT ROWID;

-- id is the order of upload. A claimed key stays for a while, so that an upload repeated after a
-- lost answer does not give it out twice.
CREATE TABLE one_time_keys (
	id INTEGER PRIMARY KEY,
	user_id TEXT NOT NULL,
	device_id TEXT NOT NULL,
	algorithm TEXT NOT NULL,
	key_id TEXT NOT NULL,
	json TEXT NOT NULL,
	claimed INTEGER NOT NULL DEFAULT 0,
	UNIQUE (user_id, device_id, algorithm, key_id)
) STRICT;
CREATE INDEX one_time_keys_by_order ON one_time_keys (user_id, device_id, claimed, algorithm, id);

CREATE TABLE fallback_keys (
	user_id TEXT NOT NULL,
	device_id TEXT NOT NULL,
	algorithm TEXT NOT NULL,
	key_id TEXT NOT NULL,
	json TEXT NOT NULL,
	used INTEGER NOT NULL DEFAULT 0,    -- given out by a claim since it was uploaded
	PRIMARY KEY (user_id, device_id, algorithm)
) STRICT, WITHOUT ROWID;

CREATE TABLE cross_signing_keys (
	user_id TEXT NOT NULL,
	usage TEXT NOT NULL,                -- 'master', 'self_signing', 'user_signing'
	public_key TEXT NOT NULL,           -- unpadded base64
	json TEXT NOT NULL,                 -- as uploaded, canonical, without "unsigned"
	PRIMARY KEY (user_id, usage)
) STRICT, WITHOUT ROWID;

-- Signatures that came after the key they are on. key and signer_key are what stands behind
-- "ed25519:": a device id or a public key.
CREATE TABLE key_signatures (
	user_id TEXT NOT NULL,
	key TEXT NOT NULL,
	signer_id TEXT NOT NULL,
	signer_key TEXT NOT NULL,
	signature TEXT NOT NULL,
	PRIMARY KEY (user_id, signer_id, key, signer_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_signatures_by_signer ON key_signatures (signer_id, signer_key);

-- When a user's devices or cross-signing keys last changed.
CREATE TABLE device_list_changes (
	user_id TEXT NOT NULL PRIMARY KEY,
	position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_list_changes_by_position ON device_list_changes (position);

-- When a user last signed another user's key: the signer's own devices must look again.
CREATE TABLE key_signature_changes (
	signer_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	position INTEGER NOT NULL,
	PRIMARY KEY (signer_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_signature_changes_by_position ON key_signature_changes (signer_id, position);

CREATE TABLE to_device_messages (
	position INTEGER PRIMARY KEY,
	user_id TEXT NOT NULL,
	device_id TEXT NOT NULL,
	json TEXT NOT NULL                  -- {"content", "sender", "type"}
) STRICT;
CREATE INDEX to_device_messages_by_device ON to_device_messages (user_id, device_id, position);

CREATE TABLE to_device_transactions (
	user_id TEXT NOT NULL,
	device_id TEXT NOT NULL,            -- '': an application service without a device
	type TEXT NOT NULL,
	txn_id TEXT NOT NULL,
	created_ts INTEGER NOT NULL,
	PRIMARY KEY (user_id, device_id, type, txn_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX to_device_transactions_by_age ON to_device_transactions (created_ts);

-- Versions count up per user; a deleted one keeps its number taken.
CREATE TABLE key_backups (
	user_id TEXT NOT NULL,
	version INTEGER NOT NULL,
	algorithm TEXT NOT NULL,
	auth_data TEXT NOT NULL,
	etag INTEGER NOT NULL DEFAULT 0,    -- one more with each change of the keys
	key_count INTEGER NOT NULL DEFAULT 0,
	deleted INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (user_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE backup_keys (
	user_id TEXT NOT NULL,
	version INTEGER NOT NULL,
	room_id TEXT NOT NULL,
	session_id TEXT NOT NULL,
	first_message_index INTEGER NOT NULL,
	forwarded_count INTEGER NOT NULL,
	is_verified INTEGER NOT NULL,
	session_data TEXT NOT NULL,
	PRIMARY KEY (user_id, version, room_id, session_id)
) STRICT, WITHOUT ROWID;
