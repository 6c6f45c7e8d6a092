/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notifications on their way to push gateways, as rows: a row is there before anything is sent. All
 * of a pusher's go with it.
 */
#ifndef PARVIS_HOMESERVER_PUSH_QUEUE_STORE_H
#define PARVIS_HOMESERVER_PUSH_QUEUE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/rows.h"

/* Which pusher. */
struct pusher_key {
	struct str user_id;
	struct str app_id;
	struct str pushkey;
};

struct pusher_keys {
	struct pusher_key *items;
	size_t count;
};

/* Of one pusher, the newest stay: who comes back after a day does not want a thousand. */
#define PUSH_QUEUE_MAX 50

struct push_row {
	int64_t position; /* of the event */
	struct str room_id;
	struct str thread_id; /* empty: the main timeline */
	struct str actions;   /* JSON text of an array */
	int64_t queued_ts;
};

/* Users who have pushers, once each. */
MUST_CHECK enum status push_queue_users(struct db *db, struct arena *arena, struct str_list *out);
/* Their pushers' keys. */
MUST_CHECK enum status push_queue_pushers_of(
	struct db *db, struct arena *arena, struct str user_id, struct pusher_keys *out);
/* Pushers with something to send, for the start. */
MUST_CHECK enum status push_queue_pending(
	struct db *db, struct arena *arena, struct pusher_keys *out);

MUST_CHECK enum status push_queue_add(struct db_tx *tx, const struct pusher_key *pusher,
	const struct push_row *row) REQUIRES(on_writer);
/* The oldest that waits. STATUS_NOT_FOUND: nothing. */
MUST_CHECK enum status push_queue_first(
	struct db *db, struct arena *arena, const struct pusher_key *pusher, struct push_row *out);
/* Sent, or given up. */
MUST_CHECK enum status push_queue_remove(
	struct db_tx *tx, const struct pusher_key *pusher, int64_t position) REQUIRES(on_writer);
/* What was queued before the time is given up. */
MUST_CHECK enum status push_queue_expire(
	struct db_tx *tx, const struct pusher_key *pusher, int64_t before_ts) REQUIRES(on_writer);

/*
 * The user read a room up to the position (thread_id p == NULL: in all threads; empty: the main
 * timeline; else a root): rows that it covers go, and each of the user's pushers notes that its
 * number may be another.
 */
MUST_CHECK enum status push_queue_read(struct db_tx *tx, struct str user_id, struct str room_id,
	struct str thread_id, int64_t position) REQUIRES(on_writer);

struct push_badge {
	int64_t told;  /* what the device was last told */
	int64_t reads; /* since then; 0: nothing to look at */
};
/* Zeros when nothing was ever told. */
MUST_CHECK enum status push_badge_get(
	struct db *db, const struct pusher_key *pusher, struct push_badge *out);
/* The device was told a number; `reads` of the notes are answered by it. */
MUST_CHECK enum status push_badge_told(struct db_tx *tx, const struct pusher_key *pusher,
	int64_t unread, int64_t reads) REQUIRES(on_writer);

/* --- calls that rang --- */

struct rung_call {
	struct str user_id;
	struct str room_id;
	struct str call_id;
	int64_t position;
	int64_t missed_ts; /* when it has rung out */
};
MUST_CHECK enum status rung_call_add(struct db_tx *tx, const struct rung_call *call)
	REQUIRES(on_writer);
/* The user answered or refused it. */
MUST_CHECK enum status rung_call_taken(struct db_tx *tx, struct str user_id, struct str room_id,
	struct str call_id) REQUIRES(on_writer);
/* The caller gave up: whoever has not taken it has missed it. */
MUST_CHECK enum status rung_call_ended(
	struct db_tx *tx, struct str room_id, struct str call_id, int64_t now) REQUIRES(on_writer);
MUST_CHECK enum status rung_calls_missed(
	struct db *db, struct str user_id, int64_t now, int64_t *out);

#endif
