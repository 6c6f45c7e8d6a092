/* SPDX-License-Identifier: Apache-2.0 */
/* Joining a room whose join rule is restricted (client-server API, "Restricted rooms"). */
#ifndef PARVIS_HOMESERVER_RESTRICTED_JOIN_H
#define PARVIS_HOMESERVER_RESTRICTED_JOIN_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/db/db.h"

/*
 * *authorising_out: a member of this server who may invite, when the user needs one and is in one
 * of the rooms that the join rule allows; else empty, and the authorisation rules decide.
 */
MUST_CHECK enum status restricted_join_find(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, struct str server_name, struct str *authorising_out);

/* Whether the user is joined to one of the rooms that the join rule allows. */
MUST_CHECK enum status restricted_join_allows(
	struct db *db, struct arena *arena, struct str room_id, struct str user_id, bool *out);

#endif
