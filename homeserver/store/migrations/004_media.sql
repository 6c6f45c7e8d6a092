-- SPDX-License-Identifier: Apache-2.0
-- Uploaded content. The bytes are files named by their hash; several uploads may share one.

CREATE TABLE media (
	media_id TEXT NOT NULL PRIMARY KEY,
	user_id TEXT NOT NULL,
	sha256 BLOB,                        -- NULL: reserved, nothing uploaded yet
	size INTEGER NOT NULL DEFAULT 0,
	content_type TEXT NOT NULL DEFAULT '',
	filename TEXT NOT NULL DEFAULT '',
	created_ts INTEGER NOT NULL,
	expires_ts INTEGER                  -- of a reservation; NULL once uploaded
) STRICT, WITHOUT ROWID;
CREATE INDEX media_by_hash ON media (sha256);
CREATE INDEX media_reserved ON media (user_id, expires_ts) WHERE sha256 IS NULL;
