/* SPDX-License-Identifier: Apache-2.0 */
/* The rooms below a space, as one user may see them (client-server API, "Spaces"). */
#ifndef PARVIS_HOMESERVER_SPACE_WALK_H
#define PARVIS_HOMESERVER_SPACE_WALK_H

#include "homeserver/room/room_events.h"
#include "homeserver/room/room_summary.h"

/* Rooms that one walk looks at, and children of one space that count. */
#define SPACE_WALK_MAX_ROOMS	2000
#define SPACE_WALK_MAX_CHILDREN 1000

struct space_walk {
	struct str room_id; /* where it begins */
	struct str user_id;
	bool suggested_only;
	size_t max_depth;
	size_t skip; /* rooms of earlier pages */
	size_t limit;
};

struct space_room {
	struct room_summary summary;
	struct event_list children; /* m.space.child events, in the order of the specification */
};

struct space_rooms {
	struct space_room *items;
	size_t count;
	bool has_more;
};

/* Depth first, each room once, parents before children. Rooms that the user may not see are left
 * out with what is below them. STATUS_DENIED when the first is one of them. */
MUST_CHECK enum status space_walk_read(
	struct db *db, struct arena *arena, const struct space_walk *walk, struct space_rooms *out);

#endif
