-- SPDX-License-Identifier: Apache-2.0
-- Positions and read receipts.

-- One row: the position of the last row that a sync may tell, and the last one ever reserved. It
-- begins at 1: a token of 0 would ask for everything.
CREATE TABLE stream_position (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	position INTEGER NOT NULL,
	reserved INTEGER NOT NULL CHECK (reserved >= position)
) STRICT;
INSERT INTO stream_position (id, position, reserved) VALUES (1, 1, 1);

-- The newest receipt of a user in a room, one for each kind and thread. thread_id is '' for an
-- unthreaded receipt, 'main' for the main timeline, else the event id of a thread's root.
CREATE TABLE receipts (
	room_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	type TEXT NOT NULL,                 -- 'm.read', 'm.read.private'
	thread_id TEXT NOT NULL,
	event_id TEXT NOT NULL,
	event_position INTEGER NOT NULL,    -- a receipt never goes back
	ts INTEGER NOT NULL,
	position INTEGER NOT NULL,
	PRIMARY KEY (room_id, user_id, type, thread_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_by_room ON receipts (room_id, position);
CREATE INDEX receipts_by_position ON receipts (position, room_id);
