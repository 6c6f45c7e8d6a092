/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sliding sync as rows: the rooms of a user with what lists look at, and the connections of devices
 * with the states that their clients may hold.
 */
#ifndef PARVIS_HOMESERVER_SLIDING_STORE_H
#define PARVIS_HOMESERVER_SLIDING_STORE_H

#include "homeserver/store/account_data_store.h"
#include "homeserver/store/membership_store.h"

#define SLIDING_CONNECTIONS_MAX 16 /* of one device; the one unused for longest goes */
/* Answers given for one token and perhaps not received: a client that asks again and again. */
#define SLIDING_SIBLINGS_MAX 4
#define SLIDING_KEEP_MS	     (INT64_C(45) * 24 * 3600 * 1000)

/* One room that the user ever met. */
struct sliding_place {
	struct membership_row row; /* without event_id */
	int64_t room_key;
	int64_t joined_count;
	int64_t bump; /* newest event that counts as activity; 0: none */
	bool by_self; /* of a leave or ban: the user's own deed */
	bool encrypted;
	struct str type; /* p == NULL: an ordinary room */
	struct str name; /* p == NULL: none */
};

struct sliding_places {
	struct sliding_place *items; /* by room_key */
	size_t count;
};

MUST_CHECK enum status sliding_store_rooms(
	struct db *db, struct arena *arena, struct str user_id, struct sliding_places *out);
/* m.tag of all rooms. */
MUST_CHECK enum status sliding_store_tags(
	struct db *db, struct arena *arena, struct str user_id, struct account_data_list *out);

/* Whose connection. device_id p == NULL: an application service without a device. */
struct sliding_key {
	struct str user_id;
	struct str device_id;
	struct str conn_id;
};

struct sliding_stored {
	int64_t connection;
	int64_t position; /* of the answer that made the state */
	int64_t used_ts;
	struct str state;
};

/* STATUS_NOT_FOUND when the connection of that key has no such state. */
MUST_CHECK enum status sliding_store_load(struct db *db, struct arena *arena,
	const struct sliding_key *key, int64_t state_id, struct sliding_stored *out);

/* A new connection in the place of the one of that key. A few that are old go, and the oldest of a
 * device that has too many. */
MUST_CHECK enum status sliding_store_connect(struct db_tx *tx, const struct sliding_key *key,
	int64_t now, int64_t *connection_out) REQUIRES(on_writer);
/*
 * A state that follows `parent` (0: the first one). All others but its siblings go: the client
 * showed that it has the parent. STATUS_NOT_FOUND when the connection has gone.
 */
MUST_CHECK enum status sliding_store_add(struct db_tx *tx, int64_t connection, int64_t parent,
	int64_t position, struct str state, int64_t *state_id_out) REQUIRES(on_writer);
MUST_CHECK enum status sliding_store_used(struct db_tx *tx, int64_t connection, int64_t now)
	REQUIRES(on_writer);

#endif
