/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks that have not been taken yet, as rows. */
#ifndef PARVIS_SFU_WEBHOOKS_STORE_H
#define PARVIS_SFU_WEBHOOKS_STORE_H

#include "common/db/db_writer.h"

struct webhook_row {
	int64_t id; /* set by the store */
	struct str url, room, body;
	int64_t created_ms; /* wall clock */
};

MUST_CHECK enum status webhooks_store_add(struct db_tx *tx, const struct webhook_row *row)
	REQUIRES(on_writer);
MUST_CHECK enum status webhooks_store_remove(struct db_tx *tx, int64_t id) REQUIRES(on_writer);
/* The oldest for that address; STATUS_NOT_FOUND: none. Strings go to the arena. */
MUST_CHECK enum status webhooks_store_next(
	struct db *db, struct arena *arena, struct str url, struct webhook_row *out);

#endif
