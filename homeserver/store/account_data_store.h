/* SPDX-License-Identifier: Apache-2.0 */
/* Account data, global and per room; room tags are the room's "m.tag". */
#ifndef PARVIS_HOMESERVER_ACCOUNT_DATA_STORE_H
#define PARVIS_HOMESERVER_ACCOUNT_DATA_STORE_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct account_data {
	struct str room_id; /* empty: global */
	struct str type;
	struct str content; /* JSON text of an object */
	int64_t position;
};

struct account_data_list {
	struct account_data *items;
	size_t count;
};

#define ACCOUNT_DATA_MAX_BYTES ((size_t)256 * 1024) /* of one content */
#define ACCOUNT_DATA_MAX_ROWS  20000		    /* of one user */

/* room_id empty for global data. STATUS_NOT_FOUND when never set. */
MUST_CHECK enum status account_data_get(struct db *db, struct arena *arena, struct str user_id,
	struct str room_id, struct str type, struct str *content_out);
/* What changed in (after, upto], in order of position; after 0 gives all. */
MUST_CHECK enum status account_data_changes(struct db *db, struct arena *arena, struct str user_id,
	int64_t after, int64_t upto, struct account_data_list *out);
/* Everything of one room, or everything global when room_id is empty. */
MUST_CHECK enum status account_data_all(struct db *db, struct arena *arena, struct str user_id,
	struct str room_id, struct account_data_list *out);
/* Sets or replaces it at the row's position; whoever puts one takes the position and touches the
 * user. STATUS_TOO_LARGE past the maxima above. */
MUST_CHECK enum status account_data_put(
	struct db_tx *tx, struct str user_id, const struct account_data *data) REQUIRES(on_writer);

#endif
