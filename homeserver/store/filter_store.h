/* SPDX-License-Identifier: Apache-2.0 */
/* Filters that clients left with us (specification, "Filtering"). */
#ifndef PARVIS_HOMESERVER_FILTER_STORE_H
#define PARVIS_HOMESERVER_FILTER_STORE_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

#define FILTER_MAX_PER_USER 1000

/* The JSON text, as validated when it was put. */
MUST_CHECK enum status filter_get(struct db *db, struct arena *arena, struct str user_id,
	int64_t filter_id, struct str *content_out);
/* The same text gets the same id again. STATUS_TOO_LARGE when the user has too many. */
MUST_CHECK enum status filter_put(struct db_tx *tx, struct str user_id, struct str content,
	int64_t *filter_id_out) REQUIRES(on_writer);

#endif
