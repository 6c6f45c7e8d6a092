/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-side key backups (specification, "Server-side key backups"): versions of a backup, and in
 * each the encrypted keys of sessions. What is returned lives in the arena.
 */
#ifndef PARVIS_HOMESERVER_BACKUP_STORE_H
#define PARVIS_HOMESERVER_BACKUP_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct backup {
	int64_t version;
	struct str algorithm;
	struct str auth_data; /* JSON text of an object */
	int64_t etag;	      /* another number after each change of the keys */
	int64_t count;	      /* keys in it */
};

/* The user's newest backup that is not deleted. STATUS_NOT_FOUND when there is none. */
MUST_CHECK enum status backup_store_current(
	struct db *db, struct arena *arena, struct str user_id, struct backup *out);
/* STATUS_NOT_FOUND for a version that never was or is deleted. */
MUST_CHECK enum status backup_store_find(struct db *db, struct arena *arena, struct str user_id,
	int64_t version, struct backup *out);

/* *version_out is greater than any before it. */
MUST_CHECK enum status backup_store_create(struct db_tx *tx, struct str user_id,
	struct str algorithm, struct str auth_data, int64_t *version_out) REQUIRES(on_writer);
MUST_CHECK enum status backup_store_set_auth_data(struct db_tx *tx, struct str user_id,
	int64_t version, struct str auth_data) REQUIRES(on_writer);
/* With its keys. */
MUST_CHECK enum status backup_store_delete(struct db_tx *tx, struct str user_id, int64_t version)
	REQUIRES(on_writer);
/* The sums after keys were changed. */
MUST_CHECK enum status backup_store_set_sums(struct db_tx *tx, struct str user_id, int64_t version,
	int64_t etag, int64_t count) REQUIRES(on_writer);

struct backup_key {
	struct str room_id;
	struct str session_id;
	int64_t first_message_index;
	int64_t forwarded_count;
	bool is_verified;
	struct str session_data; /* JSON text of an object */
};

struct backup_key_list {
	struct backup_key *items;
	size_t count;
};

/* Which keys: all, of one room, or one. p == NULL means any. */
struct backup_range {
	struct str user_id;
	int64_t version;
	struct str room_id;
	struct str session_id; /* only with a room_id */
};

/* By room and session. */
MUST_CHECK enum status backup_store_keys(struct db *db, struct arena *arena,
	const struct backup_range *range, struct backup_key_list *out);
MUST_CHECK enum status backup_store_key_put(struct db_tx *tx, struct str user_id, int64_t version,
	const struct backup_key *key) REQUIRES(on_writer);
MUST_CHECK enum status backup_store_keys_delete(struct db_tx *tx, const struct backup_range *range,
	int64_t *deleted_out) REQUIRES(on_writer);

#endif
