/* SPDX-License-Identifier: Apache-2.0 */
/* What was said in rooms, kept until every digest that is to tell of it has left. */
#ifndef PARVIS_BRIDGE_STORE_DIGESTS_H
#define PARVIS_BRIDGE_STORE_DIGESTS_H

#include "bridge-mail/store/guests.h"

#define DIGEST_MAX_ITEMS 200 /* of one digest; the others stand in the next */

struct room_item {
	int64_t item_id;
	int64_t mailbox_id;
	struct str event_id;
	struct str root;   /* event that the conversation began with; its own when alone */
	struct str author; /* user id */
	struct str name;
	struct str text;
	struct str html; /* of the allow-list, or empty */
	int64_t at;
};

/* Fine when the event is there already. Those with digests, but for its author, get one: at
 * `hourly_at` and `daily_at`, unless one is due already. */
MUST_CHECK enum status room_item_put(struct db_tx *tx, const struct room_item *item,
	int64_t hourly_at, int64_t daily_at) REQUIRES(on_writer);
/* The guest whose digest is due first, due or not. */
MUST_CHECK enum status digest_next(struct db *db, struct arena *arena, struct guest *out);
/* What the guest has not seen and not written, oldest first. */
MUST_CHECK enum status digest_items(struct db *db, const struct guest *guest, struct arena *arena,
	struct room_item **list_out, size_t *count_out);
/* Seen up to that item; `due_at` 0 when there is no more. What nobody waits for is forgotten. */
MUST_CHECK enum status digest_sent(struct db_tx *tx, const struct guest *guest, int64_t seen_item,
	int64_t due_at) REQUIRES(on_writer);
/* All digests of the room are due now. */
MUST_CHECK enum status digests_hasten(struct db_tx *tx, int64_t mailbox_id, int64_t now)
	REQUIRES(on_writer);

#endif
