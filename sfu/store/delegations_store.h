/* SPDX-License-Identifier: Apache-2.0 */
/* Delayed leave events that clients have handed over, as rows. */
#ifndef PARVIS_SFU_DELEGATIONS_STORE_H
#define PARVIS_SFU_DELEGATIONS_STORE_H

#include "common/db/db_writer.h"

struct delegation_row {
	struct str room, identity, delay_id;
	int64_t timeout_ms;
	int64_t restarted_ms; /* wall clock */
	bool seen;
};

/* Adds, or replaces the one of that person in that room. */
MUST_CHECK enum status delegations_store_put(struct db_tx *tx, const struct delegation_row *row)
	REQUIRES(on_writer);
/* Only when it still has that delay id. */
MUST_CHECK enum status delegations_store_remove(struct db_tx *tx, const struct delegation_row *row)
	REQUIRES(on_writer);
/* All of them, once, at the start. Strings are borrowed for the call. */
MUST_CHECK enum status delegations_store_each(struct db *db,
	void (*take)(void *context, const struct delegation_row *row), void *context);

#endif
