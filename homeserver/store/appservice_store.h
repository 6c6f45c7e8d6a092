/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of each application service, and the transaction under way. */
#ifndef PARVIS_HOMESERVER_APPSERVICE_STORE_H
#define PARVIS_HOMESERVER_APPSERVICE_STORE_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/rows.h"

struct appservice_positions {
	int64_t *items;
	size_t count;
};

/* Once for each service and event; again is fine. */
MUST_CHECK enum status appservice_store_queue(
	struct db_tx *tx, struct str appservice_id, int64_t position) REQUIRES(on_writer);
/* The oldest positions waiting, at most `limit`. */
MUST_CHECK enum status appservice_store_waiting(struct db *db, struct arena *arena,
	struct str appservice_id, size_t limit, struct appservice_positions *out);

/* The same for a to-device message, by its position. */
MUST_CHECK enum status appservice_store_queue_to_device(
	struct db_tx *tx, struct str appservice_id, int64_t position) REQUIRES(on_writer);
/* And for a user whose devices changed. */
MUST_CHECK enum status appservice_store_queue_devices(
	struct db_tx *tx, struct str appservice_id, struct str user_id) REQUIRES(on_writer);

struct appservice_message {
	int64_t position;
	struct str user_id;
	struct str device_id;
	struct str json; /* {"content", "sender", "type"} */
};

struct appservice_messages {
	struct appservice_message *items;
	size_t count;
	int64_t upto; /* the last position looked at; 0: nothing waits */
};

/* The oldest to-device messages waiting that are still in their inbox, at most `limit`. */
MUST_CHECK enum status appservice_store_messages(struct db *db, struct arena *arena,
	struct str appservice_id, size_t limit, struct appservice_messages *out);
MUST_CHECK enum status appservice_store_devices(struct db *db, struct arena *arena,
	struct str appservice_id, size_t limit, struct str_list *out);
/* They have become part of a transaction. The messages stay in their inboxes: the devices may sync
 * as well. */
MUST_CHECK enum status appservice_store_leave(struct db_tx *tx, struct str appservice_id,
	int64_t messages_upto, const struct str_list *users) REQUIRES(on_writer);

/* The transaction that is not accepted yet; STATUS_NOT_FOUND when there is none. */
MUST_CHECK enum status appservice_store_open(struct db *db, struct arena *arena,
	struct str appservice_id, int64_t *txn_id_out, struct str *body_out);
/*
 * The events up to the position leave the queue into a new transaction with this body. Its id is
 * greater than all before it, also when the database was made anew: the first one is the time.
 */
MUST_CHECK enum status appservice_store_begin(struct db_tx *tx, struct str appservice_id,
	int64_t upto, struct str body, int64_t now, int64_t *txn_id_out) REQUIRES(on_writer);
MUST_CHECK enum status appservice_store_accepted(
	struct db_tx *tx, struct str appservice_id, int64_t txn_id) REQUIRES(on_writer);

#endif
