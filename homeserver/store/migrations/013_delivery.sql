-- SPDX-License-Identifier: Apache-2.0
-- What is on its way to push gateways and, beyond events, to application services; the age of
-- to-device messages.

-- Notifications that a pusher's gateway has not accepted yet. A row goes when the gateway accepts
-- it, when its event is read, and with its pusher.
CREATE TABLE push_queue (
	user_id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	pushkey TEXT NOT NULL,
	position INTEGER NOT NULL,          -- of the event
	room_id TEXT NOT NULL,
	thread_id TEXT NOT NULL,            -- the thread's root, '' for the main timeline
	actions TEXT NOT NULL,              -- JSON text of an array
	queued_ts INTEGER NOT NULL,
	PRIMARY KEY (user_id, app_id, pushkey, position),
	FOREIGN KEY (user_id, app_id, pushkey) REFERENCES pushers ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The number of unread messages that a pusher's device was last told, and how often something was
-- read since the number was last looked at.
CREATE TABLE push_badges (
	user_id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	pushkey TEXT NOT NULL,
	told INTEGER NOT NULL,
	reads INTEGER NOT NULL,
	PRIMARY KEY (user_id, app_id, pushkey),
	FOREIGN KEY (user_id, app_id, pushkey) REFERENCES pushers ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX push_badges_due ON push_badges (reads) WHERE reads > 0;

-- Calls that rang for a user and were neither answered by them nor read.
CREATE TABLE rung_calls (
	user_id TEXT NOT NULL,
	room_id TEXT NOT NULL,
	position INTEGER NOT NULL,          -- of the invite
	call_id TEXT NOT NULL,
	missed_ts INTEGER NOT NULL,         -- when it has rung out
	PRIMARY KEY (user_id, room_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX rung_calls_by_room ON rung_calls (room_id, call_id);

-- To-device messages that a service has not been given yet, and users whose devices changed.
CREATE TABLE appservice_to_device (
	appservice_id TEXT NOT NULL,
	position INTEGER NOT NULL,
	PRIMARY KEY (appservice_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE appservice_device_lists (
	appservice_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	PRIMARY KEY (appservice_id, user_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE to_device_messages ADD COLUMN created_ts INTEGER NOT NULL DEFAULT 0;
UPDATE to_device_messages SET created_ts = unixepoch() * 1000;
