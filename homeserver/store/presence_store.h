/* SPDX-License-Identifier: Apache-2.0 */
/* The last known presence of each user, as sync/presence.h saves it. */
#ifndef PARVIS_HOMESERVER_PRESENCE_STORE_H
#define PARVIS_HOMESERVER_PRESENCE_STORE_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

enum presence_state { PRESENCE_OFFLINE, PRESENCE_UNAVAILABLE, PRESENCE_ONLINE };

#define PRESENCE_STATUS_MAX 1024 /* bytes of a status message */

struct presence_row {
	struct str user_id;
	enum presence_state state;
	struct str status_msg; /* p == NULL: none */
	int64_t last_active;   /* wall clock, milliseconds; 0: never */
};

struct presence_rows {
	struct presence_row *items;
	size_t count;
};

/* STATUS_NOT_FOUND for somebody who never was here. */
MUST_CHECK enum status presence_store_get(
	struct db *db, struct arena *arena, struct str user_id, struct presence_row *out);
/* Everybody who is not offline. */
MUST_CHECK enum status presence_store_here(
	struct db *db, struct arena *arena, struct presence_rows *out);
MUST_CHECK enum status presence_store_put(struct db_tx *tx, const struct presence_row *row)
	REQUIRES(on_writer);
/* Fine when there is none. */
MUST_CHECK enum status presence_store_delete(struct db_tx *tx, struct str user_id)
	REQUIRES(on_writer);

#endif
