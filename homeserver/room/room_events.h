/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading events and state as struct event: rows of store/event_store.h and store/state_store.h,
 * parsed. Works on any connection; everything lives in the arena. Nothing here asks who may see:
 * that is room/visibility.h.
 */
#ifndef PARVIS_HOMESERVER_ROOM_EVENTS_H
#define PARVIS_HOMESERVER_ROOM_EVENTS_H

#include "homeserver/room/event.h"
#include "homeserver/store/event_store.h"
#include "homeserver/store/state_store.h"

struct event_list {
	struct event **items;
	size_t count;
};

/* STATUS_INTERNAL when the stored text is not an event. */
MUST_CHECK enum status event_from_row(
	struct arena *arena, const struct event_row *row, struct event **out);
/* As above without `pdu`, which takes most of the time (event_stored.h). So are the events of
 * lists and ranges below; those asked for one by one have all. */
MUST_CHECK enum status event_to_tell(
	struct arena *arena, const struct event_row *row, struct event **out);

/* STATUS_NOT_FOUND when this server does not have it. */
MUST_CHECK enum status room_event_find(
	struct db *db, struct arena *arena, struct str event_id, struct event **out);
MUST_CHECK enum status room_event_at(
	struct db *db, struct arena *arena, int64_t position, struct event **out);
MUST_CHECK enum status room_events_range(struct db *db, struct arena *arena,
	const struct event_range *range, struct event_list *out);

/* `at` is a position, STATE_NOW for the current state. STATUS_NOT_FOUND when the key has no value.
 */
MUST_CHECK enum status room_state_get(struct db *db, struct arena *arena, struct str room_id,
	struct str type, struct str state_key, int64_t at, struct event **out);
/* As above, but NULL when there is none; only STATUS_IO and STATUS_INTERNAL are failures. */
MUST_CHECK enum status room_state_find(struct db *db, struct arena *arena, struct str room_id,
	struct str type, struct str state_key, int64_t at, struct event **out);
MUST_CHECK enum status room_state_list(struct db *db, struct arena *arena, struct str room_id,
	int64_t at, const struct state_select *select, struct event_list *out);
MUST_CHECK enum status room_state_delta(struct db *db, struct arena *arena, struct str room_id,
	int64_t after, int64_t upto, struct event_list *out);

#endif
