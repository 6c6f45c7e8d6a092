/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages waiting for a device (specification, "Send-to-Device messaging"): delivered in order of
 * arrival, kept until the device comes back with the token that followed them.
 */
#ifndef PARVIS_HOMESERVER_TO_DEVICE_STORE_H
#define PARVIS_HOMESERVER_TO_DEVICE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

#define TO_DEVICE_SYNC_LIMIT 100 /* messages in one sync: the specification's advice */

struct to_device_message {
	int64_t position;
	struct str json; /* {"content", "sender", "type"}, to be spliced into the reply */
};

struct to_device_list {
	struct to_device_message *items;
	size_t count;
	bool more; /* the limit cut it: the token must not pass the last position listed */
};

/* What waits for the device in (after, upto], oldest first, at most `limit`. */
MUST_CHECK enum status to_device_store_list(struct db *db, struct arena *arena, struct str user_id,
	struct str device_id, int64_t after, int64_t upto, size_t limit,
	struct to_device_list *out);
/* Whether anything is there to delete: spares a visit to the writer. */
MUST_CHECK enum status to_device_store_any(
	struct db *db, struct str user_id, struct str device_id, int64_t upto, bool *out);
/* What was delivered up to the position is gone. */
MUST_CHECK enum status to_device_store_delete(struct db_tx *tx, struct str user_id,
	struct str device_id, int64_t upto) REQUIRES(on_writer);

/*
 * What an inbox holds at most: of a device that never comes back the newest messages stay, and none
 * is kept for longer. Looked after with some of the messages that come, so it may be a little more.
 */
#define TO_DEVICE_INBOX_MAX 10000
#define TO_DEVICE_KEPT_DAYS 180

/* Whoever adds one takes the position and touches the user. */
MUST_CHECK enum status to_device_store_add(struct db_tx *tx, struct str user_id,
	struct str device_id, int64_t position, struct str json) REQUIRES(on_writer);

/* Remembers a transaction of PUT sendToDevice; STATUS_EXISTS when it was seen before. Those older
 * than a week are forgotten. */
struct to_device_txn {
	struct str user_id;
	struct str device_id;
	struct str type;
	struct str txn_id;
	int64_t now;
};
MUST_CHECK enum status to_device_store_txn(struct db_tx *tx, const struct to_device_txn *txn)
	REQUIRES(on_writer);

#endif
