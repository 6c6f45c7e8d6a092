/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may read what (client-server API, "Room History Visibility"). Loaded once for a user and a
 * room, then asked for each event without a query: it holds the history of the user's membership
 * and of m.room.history_visibility as positions.
 */
#ifndef PARVIS_HOMESERVER_VISIBILITY_H
#define PARVIS_HOMESERVER_VISIBILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db.h"
#include "homeserver/room/event.h"
#include "homeserver/store/membership_store.h"

struct visibility;

/* user_id may be empty: somebody who is not signed in. An unknown room gives a view that allows
 * nothing. */
MUST_CHECK enum status visibility_load(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, struct visibility **out);

bool visibility_allows(const struct visibility *visibility, const struct event *event);
/* The membership that the user had once the event at the position had happened (MSC4115). */
enum membership visibility_membership_at(const struct visibility *visibility, int64_t position);
/* Now. */
enum membership visibility_membership(const struct visibility *visibility);

/* Whether there are users whose messages were erased, so that each sender has to be looked at. */
bool visibility_any_erased(const struct visibility *visibility);
/* Whether the user could read the event before the position `until`: they had come to the room by
 * then, and were in it once the event had happened. */
bool visibility_had_before(
	const struct visibility *visibility, int64_t event_position, int64_t until);

/*
 * Up to where the user may read the room's state: STATE_NOW when joined or when the history is
 * world readable now; the position at which they left when they were joined before. 0: not at all,
 * which is also what is left to who has forgotten the room.
 */
int64_t visibility_state_position(const struct visibility *visibility);

#endif
