/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of rooms, now and at any position.
 *
 * current_state holds one row for each (room, type, state key) with the position of the event and
 * the position at which it became current; state_changes is the log of all such changes. The state
 * at P takes the current row when it did not change after P, else the newest entry of the log that
 * is not behind P: one index look-up for each key that changed since, nothing for the others.
 *
 * A room with several writers forks. The log then still describes what this server held to be
 * current at each position (a resolution that swaps an event writes an entry of its own at the
 * position of the event that caused it). The state before an event on another branch is the log at
 * its prev event's position plus the changes of its branch; such an event will need a row that
 * names that base and those changes, and only such an event.
 */
#ifndef PARVIS_HOMESERVER_STATE_STORE_H
#define PARVIS_HOMESERVER_STATE_STORE_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/event_store.h"

#define STATE_NOW INT64_MAX

/* The event at a key, after all events with position <= at. STATUS_NOT_FOUND when there is none. */
MUST_CHECK enum status state_store_get(struct db *db, struct arena *arena, struct str room_id,
	struct str type, struct str state_key, int64_t at, struct event_row *out);

/* Whole state, or a part of it. At most one of the two is given; p == NULL: not given. */
struct state_select {
	struct str only_type;
	struct str without_type; /* "m.room.member" for lazy loading */
};
/* select may be NULL. In no particular order. */
MUST_CHECK enum status state_store_list(struct db *db, struct arena *arena, struct str room_id,
	int64_t at, const struct state_select *select, struct event_rows *out);

/* State events that became current in (after, upto], the newest of each key, oldest first: what
 * must be applied to the state at `after` to have the state at `upto`. */
MUST_CHECK enum status state_store_delta(struct db *db, struct arena *arena, struct str room_id,
	int64_t after, int64_t upto, struct event_rows *out);

/* All values that a key ever had, oldest first. */
MUST_CHECK enum status state_store_history(struct db *db, struct arena *arena, struct str room_id,
	struct str type, struct str state_key, struct event_rows *out);

/* The event at `position` is the value of the key from now on. */
MUST_CHECK enum status state_store_set(struct db_tx *tx, int64_t room_key, struct str type,
	struct str state_key, int64_t position) REQUIRES(on_writer);

#endif
