-- SPDX-License-Identifier: Apache-2.0
-- Relations between events of a room (m.relates_to), by stream position.

CREATE TABLE event_relations (
	parent INTEGER NOT NULL,
	child INTEGER NOT NULL,
	rel_type INTEGER NOT NULL,
	type INTEGER NOT NULL,
	sender INTEGER NOT NULL,
	PRIMARY KEY (parent, child)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_relations_by_child ON event_relations (child);

-- latest: the newest event of the thread; replies: how many there are.
CREATE TABLE threads (
	root INTEGER PRIMARY KEY,
	room INTEGER NOT NULL REFERENCES rooms (id),
	latest INTEGER NOT NULL,
	replies INTEGER NOT NULL
) STRICT;
CREATE INDEX threads_by_room ON threads (room, latest);
