/* SPDX-License-Identifier: Apache-2.0 */
/* What a delivery puts into its room: one row for each event, written before it is sent. */
#ifndef PARVIS_BRIDGE_STORE_POSTS_H
#define PARVIS_BRIDGE_STORE_POSTS_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

enum post_state {
	POST_PLANNED = 0,
	POST_SENDING = 1, /* a request may have left: look before sending again */
	POST_SENT = 2,
	POST_REFUSED = 3, /* the homeserver would not take it */
};

struct post {
	int64_t delivery_id;
	int64_t part; /* 0 is the text */
	struct str txn_id;
	enum post_state state;
};

/* Fine when it is planned already. */
MUST_CHECK enum status posts_plan(
	struct db_tx *tx, int64_t delivery_id, int64_t part, struct str txn_id) REQUIRES(on_writer);
MUST_CHECK enum status posts_set_state(struct db_tx *tx, int64_t delivery_id, int64_t part,
	enum post_state state) REQUIRES(on_writer);
/* The lowest part that is planned or sending; STATUS_NOT_FOUND when all are done. */
MUST_CHECK enum status posts_next(
	struct db *db, int64_t delivery_id, struct arena *arena, struct post *out);

/* mxc:// URI of bytes that were uploaded before, by their SHA-256 in hex. */
MUST_CHECK enum status upload_find(
	struct db *db, struct str content_hash, struct arena *arena, struct str *mxc_out);
MUST_CHECK enum status upload_put(struct db_tx *tx, struct str content_hash, struct str mxc,
	int64_t uploaded_at) REQUIRES(on_writer);

#endif
