/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions of the homeserver (application service API, "Pushing events"): a transaction's id
 * and its events are rows before it is answered with 200; the events are then worked off in order.
 */
#ifndef PARVIS_BRIDGE_STORE_TRANSACTIONS_H
#define PARVIS_BRIDGE_STORE_TRANSACTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct room_event_row {
	int64_t sequence;
	struct str event_id;
	struct str room_id;
	struct str json; /* as the homeserver sent it */
	int64_t attempts;
	int64_t next_try_at;
};

/* STATUS_EXISTS when the transaction was taken before: nothing is added. Events known by their
 * event_id are not added again. */
MUST_CHECK enum status transaction_add(struct db_tx *tx, struct str txn_id, int64_t received_at,
	const struct room_event_row *events, size_t count) REQUIRES(on_writer);
/* The oldest waiting event, due or not. */
MUST_CHECK enum status room_event_next(
	struct db *db, struct arena *arena, struct room_event_row *out);
MUST_CHECK enum status room_event_done(struct db_tx *tx, int64_t sequence) REQUIRES(on_writer);
MUST_CHECK enum status room_event_retry(struct db_tx *tx, int64_t sequence, int64_t next_try_at)
	REQUIRES(on_writer);
/* Forgets transactions and finished events older than `before` (wall clock, ms). */
MUST_CHECK enum status transactions_prune(struct db_tx *tx, int64_t before) REQUIRES(on_writer);

#endif
