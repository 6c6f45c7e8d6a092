/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends what push_queue.h queued to the push gateways. Threads of its own, started when first
 * needed, make the calls, so that neither the writer nor a worker ever waits for a gateway; each
 * result is a change of its own. Whose turn it is: push_lanes.h.
 *
 * A notification is sent at least once, and once only unless the program is killed between the
 * gateway's answer and the commit that follows it. There is no pause before it is sent: what has
 * been read until then has left the queue.
 */
#ifndef PARVIS_HOMESERVER_PUSH_DELIVERY_H
#define PARVIS_HOMESERVER_PUSH_DELIVERY_H

#include <stdbool.h>

#include "common/db/db_writer.h"
#include "homeserver/store/push_queue_store.h"

struct homeserver;
struct push_delivery;

#define PUSH_THREADS_MAX  16
#define PUSH_TIMEOUT_MS	  15000
#define PUSH_GIVE_UP_MS	  (INT64_C(24) * 3600 * 1000) /* after it was queued */
#define PUSH_REFUSALS_MAX 6 /* of one notification, by a gateway that answers */
#define PUSH_USERS_MAX	  1000000

struct push_delivery *push_delivery_new(struct homeserver *hs);
/* Who has pushers: before the writer makes its first change. */
MUST_CHECK enum status push_delivery_load_users(struct push_delivery *delivery, struct db *db);
/* Goes on where the last run stopped. `path` of the database, which the threads read by
 * themselves. */
MUST_CHECK enum status push_delivery_start(struct push_delivery *delivery, const char *path);
/* Ends the threads: before the writer is stopped; push_delivery_free() after that. */
void push_delivery_end(struct push_delivery *delivery);
void push_delivery_free(struct push_delivery **delivery);
/* Pushers with something to send. Any thread. */
size_t push_delivery_waiting(struct push_delivery *delivery);

/* A row was queued for the pusher, or its number may be another: looked at after the commit. */
void push_delivery_wake(struct db_tx *tx, const struct pusher_key *pusher) REQUIRES(on_writer);

/* --- who has pushers, on the writer --- */

/* The user made a pusher. Nobody needs to tell of those that go. */
void push_delivery_add_user(struct db_tx *tx, struct str user_id) REQUIRES(on_writer);
bool push_delivery_has_pushers(const struct db_tx *tx, struct str user_id) REQUIRES(on_writer);
size_t push_delivery_user_count(const struct db_tx *tx) REQUIRES(on_writer);
/* Each of them, in no order; *cursor starts at 0. */
bool push_delivery_next_user(const struct db_tx *tx, size_t *cursor, struct str *user_id_out)
	REQUIRES(on_writer);

#endif
