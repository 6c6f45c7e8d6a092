/* SPDX-License-Identifier: Apache-2.0 */
/* Users that stand for mail addresses, and the rooms that they have joined. */
#ifndef PARVIS_BRIDGE_STORE_GHOSTS_H
#define PARVIS_BRIDGE_STORE_GHOSTS_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct ghost {
	struct str address; /* lower case */
	struct str user_id;
	struct str name; /* as set on the server, '' until set */
};

/* Written once the user is registered; again to change the name. */
MUST_CHECK enum status ghosts_put(struct db_tx *tx, const struct ghost *ghost) REQUIRES(on_writer);
MUST_CHECK enum status ghosts_find(
	struct db *db, struct str address, struct arena *arena, struct ghost *out);
MUST_CHECK enum status ghosts_by_user(
	struct db *db, struct str user_id, struct arena *arena, struct ghost *out);
/* The note that the ghost is in the room. Fine when set already. */
MUST_CHECK enum status ghosts_set_joined(
	struct db_tx *tx, struct str room_id, struct str user_id, bool joined) REQUIRES(on_writer);
MUST_CHECK enum status ghosts_is_joined(
	struct db *db, struct str room_id, struct str user_id, bool *out);

/* Whether the ghost has joined that many rooms or more. */
MUST_CHECK enum status ghosts_in_many_rooms(
	struct db *db, struct str user_id, int64_t many, bool *out);

#endif
