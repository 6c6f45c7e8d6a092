-- SPDX-License-Identifier: Apache-2.0
-- What notifies a whole room alike is one row, however many its members are.

-- Events that notify everybody who is joined to their room and has the default push rules, but for
-- their sender. named: some of them have a row of notified_events of their own, which counts in
-- the place of this one.
CREATE TABLE room_notices (
	room INTEGER NOT NULL,
	position INTEGER NOT NULL,          -- of the event
	sender INTEGER NOT NULL,
	thread_id TEXT NOT NULL,            -- the thread's root, '' for the main timeline
	highlight INTEGER NOT NULL,
	named INTEGER NOT NULL,
	actions TEXT NOT NULL,              -- JSON text of an array
	PRIMARY KEY (room, position)
) STRICT, WITHOUT ROWID;

-- How far a user has read: thread_id is '*' for all of the room, '' for its main timeline.
CREATE TABLE read_marks (
	room INTEGER NOT NULL,
	user INTEGER NOT NULL,
	thread_id TEXT NOT NULL,
	event_position INTEGER NOT NULL,
	position INTEGER NOT NULL,          -- when counts last fell by it; 0: never
	PRIMARY KEY (room, user, thread_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX read_marks_by_position ON read_marks (user, position) WHERE position > 0;

-- Users who are judged one by one, because they have rules of their own or ignore somebody, and
-- since when.
CREATE TABLE own_rules (
	user INTEGER PRIMARY KEY,
	position INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO names (name) SELECT user_id FROM push_rules;
INSERT OR IGNORE INTO names (name)
	SELECT user_id FROM account_data WHERE room_id = '' AND type = 'm.ignored_user_list';
INSERT INTO own_rules (user, position)
	SELECT n.id, 0 FROM names n WHERE n.name IN (SELECT user_id FROM push_rules UNION
		SELECT user_id FROM account_data WHERE room_id = '' AND type = 'm.ignored_user_list');
