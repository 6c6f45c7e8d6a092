/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/backup_store.h"

#include "homeserver/store/rows.h"

#define BACKUP_COLUMNS "SELECT version, algorithm, auth_data, etag, key_count FROM key_backups"
#define KEY_COLUMNS                                                                      \
	"SELECT room_id, session_id, first_message_index, forwarded_count, is_verified," \
	" session_data FROM backup_keys WHERE user_id = ?1 AND version = ?2"

DB_SQL(sql_current,
	BACKUP_COLUMNS " WHERE user_id = ?1 AND deleted = 0 ORDER BY version DESC LIMIT 1");
DB_SQL(sql_find, BACKUP_COLUMNS " WHERE user_id = ?1 AND version = ?2 AND deleted = 0");
DB_SQL(sql_next, "SELECT coalesce(max(version), 0) + 1 FROM key_backups WHERE user_id = ?1");
DB_SQL(sql_create, "INSERT INTO key_backups (user_id, version, algorithm, auth_data)"
		   " VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_auth_data, "UPDATE key_backups SET auth_data = ?3 WHERE user_id = ?1 AND version = ?2");
DB_SQL(sql_sums,
	"UPDATE key_backups SET etag = ?3, key_count = ?4 WHERE user_id = ?1 AND version = ?2");
DB_SQL(sql_delete, "UPDATE key_backups SET deleted = 1, auth_data = '{}', key_count = 0"
		   " WHERE user_id = ?1 AND version = ?2");
DB_SQL(sql_keys_all, KEY_COLUMNS " ORDER BY room_id, session_id");
DB_SQL(sql_keys_room, KEY_COLUMNS " AND room_id = ?3 ORDER BY session_id");
DB_SQL(sql_keys_one, KEY_COLUMNS " AND room_id = ?3 AND session_id = ?4");
DB_SQL(sql_key_put,
	"INSERT INTO backup_keys (user_id, version, room_id, session_id, first_message_index,"
	" forwarded_count, is_verified, session_data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	" ON CONFLICT (user_id, version, room_id, session_id) DO UPDATE SET"
	" first_message_index = excluded.first_message_index,"
	" forwarded_count = excluded.forwarded_count, is_verified = excluded.is_verified,"
	" session_data = excluded.session_data");
DB_SQL(sql_drop_all, "DELETE FROM backup_keys WHERE user_id = ?1 AND version = ?2");
DB_SQL(sql_drop_room,
	"DELETE FROM backup_keys WHERE user_id = ?1 AND version = ?2 AND room_id = ?3");
DB_SQL(sql_drop_one, "DELETE FROM backup_keys WHERE user_id = ?1 AND version = ?2"
		     " AND room_id = ?3 AND session_id = ?4");

static struct backup backup_of(struct db_query *q, struct arena *arena)
{
	return (struct backup){
		.version = db_col_int(q, 0),
		.algorithm = db_col_dup(q, 1, arena),
		.auth_data = db_col_dup(q, 2, arena),
		.etag = db_col_int(q, 3),
		.count = db_col_int(q, 4),
	};
}

enum status backup_store_current(
	struct db *db, struct arena *arena, struct str user_id, struct backup *out)
{
	DB_QUERY(q, db, &sql_current);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = backup_of(q, arena);
	return status;
}

enum status backup_store_find(
	struct db *db, struct arena *arena, struct str user_id, int64_t version, struct backup *out)
{
	DB_QUERY(q, db, &sql_find);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, version);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = backup_of(q, arena);
	return status;
}

enum status backup_store_create(struct db_tx *tx, struct str user_id, struct str algorithm,
	struct str auth_data, int64_t *version_out)
{
	int64_t version;
	{
		DB_QUERY(q, tx->db, &sql_next);
		db_bind_str(q, 1, user_id);
		enum status status = db_first(q);
		if (status != STATUS_OK)
			return status;
		version = db_col_int(q, 0);
	}
	DB_QUERY(q, tx->db, &sql_create);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, version);
	db_bind_str(q, 3, algorithm);
	db_bind_str(q, 4, auth_data);
	enum status status = db_run(q);
	if (status == STATUS_OK)
		*version_out = version;
	return status;
}

enum status backup_store_set_auth_data(
	struct db_tx *tx, struct str user_id, int64_t version, struct str auth_data)
{
	DB_QUERY(q, tx->db, &sql_auth_data);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, version);
	db_bind_str(q, 3, auth_data);
	return db_run(q);
}

enum status backup_store_delete(struct db_tx *tx, struct str user_id, int64_t version)
{
	int64_t deleted;
	enum status status = backup_store_keys_delete(
		tx, &(struct backup_range){.user_id = user_id, .version = version}, &deleted);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_delete);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, version);
	return db_run(q);
}

enum status backup_store_set_sums(
	struct db_tx *tx, struct str user_id, int64_t version, int64_t etag, int64_t count)
{
	DB_QUERY(q, tx->db, &sql_sums);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, version);
	db_bind_int(q, 3, etag);
	db_bind_int(q, 4, count);
	return db_run(q);
}

static void bind_range(struct db_query *q, const struct backup_range *range)
{
	db_bind_str(q, 1, range->user_id);
	db_bind_int(q, 2, range->version);
	if (range->room_id.p != NULL)
		db_bind_str(q, 3, range->room_id);
	if (range->session_id.p != NULL)
		db_bind_str(q, 4, range->session_id);
}

/* One of three statements, by how narrow the range is. */
static const struct db_sql *for_range(const struct backup_range *range, const struct db_sql *all,
	const struct db_sql *room, const struct db_sql *one)
{
	if (range->room_id.p == NULL)
		return all;
	return range->session_id.p == NULL ? room : one;
}

enum status backup_store_keys(struct db *db, struct arena *arena, const struct backup_range *range,
	struct backup_key_list *out)
{
	struct backup_key_list list = {0};
	DB_QUERY(q, db, for_range(range, &sql_keys_all, &sql_keys_room, &sql_keys_one));
	bind_range(q, range);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = (struct backup_key){
			.room_id = db_col_dup(q, 0, arena),
			.session_id = db_col_dup(q, 1, arena),
			.first_message_index = db_col_int(q, 2),
			.forwarded_count = db_col_int(q, 3),
			.is_verified = db_col_bool(q, 4),
			.session_data = db_col_dup(q, 5, arena),
		};
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status backup_store_key_put(
	struct db_tx *tx, struct str user_id, int64_t version, const struct backup_key *key)
{
	DB_QUERY(q, tx->db, &sql_key_put);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, version);
	db_bind_str(q, 3, key->room_id);
	db_bind_str(q, 4, key->session_id);
	db_bind_int(q, 5, key->first_message_index);
	db_bind_int(q, 6, key->forwarded_count);
	db_bind_bool(q, 7, key->is_verified);
	db_bind_str(q, 8, key->session_data);
	return db_run(q);
}

enum status backup_store_keys_delete(
	struct db_tx *tx, const struct backup_range *range, int64_t *deleted_out)
{
	DB_QUERY(q, tx->db, for_range(range, &sql_drop_all, &sql_drop_room, &sql_drop_one));
	bind_range(q, range);
	enum status status = db_run(q);
	if (status == STATUS_OK)
		*deleted_out = db_changes(tx->db);
	return status;
}
