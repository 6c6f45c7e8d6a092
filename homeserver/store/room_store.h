/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rooms, their aliases and the published directory. Results live in the arena. A room this server
 * does not know is STATUS_NOT_FOUND.
 */
#ifndef PARVIS_HOMESERVER_ROOM_STORE_H
#define PARVIS_HOMESERVER_ROOM_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/rows.h"

struct room_row {
	int64_t key; /* the small integer by which other tables know the room */
	struct str room_id;
	struct str version; /* "12" */
	bool published;	    /* in this server's room directory */
	int64_t joined_count;
};

struct room_rows {
	struct room_row *items;
	size_t count;
};

MUST_CHECK enum status room_store_find(
	struct db *db, struct arena *arena, struct str room_id, struct room_row *out);
/* STATUS_EXISTS when the id is taken. */
MUST_CHECK enum status room_store_add(struct db_tx *tx, struct str room_id, struct str version,
	int64_t *key_out) REQUIRES(on_writer);

/* Event ids of the forward extremities, deepest first and no more than an event may follow (20), and
 * the greatest depth among them. */
MUST_CHECK enum status room_store_extremities(struct db *db, struct arena *arena, int64_t room_key,
	struct str_list *event_ids_out, int64_t *depth_out);
/* The event at `position` becomes the only forward extremity: every event made here follows all of
 * those there were. */
MUST_CHECK enum status room_store_set_extremity(
	struct db_tx *tx, int64_t room_key, int64_t position) REQUIRES(on_writer);

/* creator_out may be NULL. */
MUST_CHECK enum status room_alias_find(struct db *db, struct arena *arena, struct str alias,
	struct str *room_id_out, struct str *creator_out);
MUST_CHECK enum status room_alias_list(
	struct db *db, struct arena *arena, struct str room_id, struct str_list *out);
/* STATUS_EXISTS when the alias is taken. */
MUST_CHECK enum status room_alias_add(struct db_tx *tx, struct str alias, int64_t room_key,
	struct str creator, int64_t now) REQUIRES(on_writer);
/* All aliases of one room lead to the other from now on. */
MUST_CHECK enum status room_alias_move(struct db_tx *tx, int64_t from_room_key, int64_t to_room_key)
	REQUIRES(on_writer);
MUST_CHECK enum status room_alias_remove(struct db_tx *tx, struct str alias) REQUIRES(on_writer);

MUST_CHECK enum status room_store_set_published(struct db_tx *tx, int64_t room_key, bool published)
	REQUIRES(on_writer);

/*
 * A page of the directory, rooms with most members first. The cursor is a place between two rooms;
 * `forward` reads behind it, else what stands before it, nearest first. A start is
 * {INT64_MAX, 0} forward.
 */
struct room_directory_cursor {
	int64_t joined_count;
	int64_t key;
};
MUST_CHECK enum status room_store_directory(struct db *db, struct arena *arena,
	struct room_directory_cursor from, bool forward, size_t limit, struct room_rows *out);
/* The same of the rooms that an application service lists for one network of its own;
 * appservice_id.p == NULL: of all networks, and of this server's directory. */
struct room_network {
	struct str appservice_id;
	struct str network_id;
};
MUST_CHECK enum status room_store_network_directory(struct db *db, struct arena *arena,
	const struct room_network *network, struct room_directory_cursor from, bool forward,
	size_t limit, struct room_rows *out);
MUST_CHECK enum status room_store_network_count(
	struct db *db, const struct room_network *network, int64_t *out);
MUST_CHECK enum status room_store_set_listed(struct db_tx *tx, const struct room_network *network,
	int64_t room_key, bool listed) REQUIRES(on_writer);
MUST_CHECK enum status room_store_directory_count(struct db *db, int64_t *out);

#endif
