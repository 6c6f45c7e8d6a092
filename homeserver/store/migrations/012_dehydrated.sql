-- SPDX-License-Identifier: Apache-2.0
-- Dehydrated devices (MSC3814): one of a user, among their devices, that holds keys while nobody
-- is signed in.

CREATE TABLE dehydrated_devices (
	user_id TEXT NOT NULL PRIMARY KEY,
	device_id TEXT NOT NULL,
	device_data TEXT NOT NULL           -- JSON text of an object
) STRICT, WITHOUT ROWID;
