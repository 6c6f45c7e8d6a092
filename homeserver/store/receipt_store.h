/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read receipts (client-server API, "Receipts"): for each room, user, kind and thread the newest
 * event that was read.
 */
#ifndef PARVIS_HOMESERVER_RECEIPT_STORE_H
#define PARVIS_HOMESERVER_RECEIPT_STORE_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/rows.h"

#define RECEIPT_READ	     STR("m.read")
#define RECEIPT_READ_PRIVATE STR("m.read.private")

struct receipt {
	struct str room_id;
	struct str user_id;
	struct str type;      /* one of the two above */
	struct str thread_id; /* empty: unthreaded; "main"; or a thread root's event id */
	struct str event_id;
	int64_t event_position;
	int64_t ts;
	int64_t position;
};

struct receipt_list {
	struct receipt *items;
	size_t count;
};

/* Threads in which one user keeps receipts of one room; the oldest goes when there are more. */
#define RECEIPT_THREADS_MAX 1000

/* Receipts of the room given behind `after`, oldest first; of private ones those of `viewer`. */
MUST_CHECK enum status receipt_store_list(struct db *db, struct arena *arena, struct str room_id,
	struct str viewer, int64_t after, struct receipt_list *out);
/* One user's receipts of the room, private ones too, given up to `upto`. */
MUST_CHECK enum status receipt_store_own(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, int64_t upto, struct receipt_list *out);
/* Rooms in which anybody gave a receipt behind `after` that the viewer may see. */
MUST_CHECK enum status receipt_store_rooms(
	struct db *db, struct arena *arena, struct str viewer, int64_t after, struct str_list *out);

/* Stores it with receipt->position, unless the one that is there stands at the same event or a
 * later one: *moved_out tells. */
MUST_CHECK enum status receipt_store_put(
	struct db_tx *tx, const struct receipt *receipt, bool *moved_out) REQUIRES(on_writer);

#endif
