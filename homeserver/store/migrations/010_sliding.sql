-- SPDX-License-Identifier: Apache-2.0
-- Sliding sync: what its lists look at in each room, and what each connection has been told.

-- bump: the newest event that counts as activity (a message, a poll, a call); 0: none.
CREATE TABLE room_digests (
	room INTEGER PRIMARY KEY REFERENCES rooms (id),
	bump INTEGER NOT NULL DEFAULT 0,
	encrypted INTEGER NOT NULL DEFAULT 0,
	type TEXT,                          -- of m.room.create; NULL: an ordinary room
	name TEXT
) STRICT;

INSERT INTO room_digests (room, bump, encrypted, type, name)
SELECT r.id,
	coalesce((SELECT e.position FROM events e WHERE e.room = r.id AND e.type IN
		(SELECT n.id FROM names n WHERE n.name IN ('m.room.create', 'm.room.message',
			'm.room.encrypted', 'm.sticker', 'm.call.invite', 'm.poll.start',
			'org.matrix.msc3381.poll.start', 'm.beacon_info',
			'org.matrix.msc3672.beacon_info'))
		ORDER BY e.position DESC LIMIT 1), 0),
	EXISTS (SELECT 1 FROM current_state c WHERE c.room = r.id
		AND c.type = (SELECT n.id FROM names n WHERE n.name = 'm.room.encryption')
		AND c.state_key = (SELECT n.id FROM names n WHERE n.name = '')
		AND c.event IS NOT NULL),
	(SELECT CASE json_type(e.json, '$.content.type') WHEN 'text'
		THEN json_extract(e.json, '$.content.type') END
		FROM current_state c JOIN events e ON e.position = c.event WHERE c.room = r.id
		AND c.type = (SELECT n.id FROM names n WHERE n.name = 'm.room.create')
		AND c.state_key = (SELECT n.id FROM names n WHERE n.name = '')),
	(SELECT CASE json_type(e.json, '$.content.name') WHEN 'text'
		THEN json_extract(e.json, '$.content.name') END
		FROM current_state c JOIN events e ON e.position = c.event WHERE c.room = r.id
		AND c.type = (SELECT n.id FROM names n WHERE n.name = 'm.room.name')
		AND c.state_key = (SELECT n.id FROM names n WHERE n.name = ''))
FROM rooms r;

-- device_id NULL: an application service without a device.
CREATE TABLE sliding_connections (
	id INTEGER PRIMARY KEY,
	user_id TEXT NOT NULL,
	device_id TEXT,
	conn_id TEXT NOT NULL,              -- '': the client named none
	used_ts INTEGER NOT NULL,
	FOREIGN KEY (user_id, device_id) REFERENCES devices (user_id, device_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sliding_connections_by_device ON sliding_connections (user_id, device_id, conn_id);
CREATE INDEX sliding_connections_by_age ON sliding_connections (used_ts);

-- What the client holds once it has the answer that named this row; see sync/sliding_state.h. Numbers
-- are never given twice, so that an old token cannot meet another state.
CREATE TABLE sliding_states (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	connection INTEGER NOT NULL REFERENCES sliding_connections (id) ON DELETE CASCADE,
	parent INTEGER NOT NULL,            -- the state it followed; 0: none
	position INTEGER NOT NULL,          -- of the answer that made it
	state BLOB NOT NULL
) STRICT;
CREATE INDEX sliding_states_by_connection ON sliding_states (connection, parent, id);
