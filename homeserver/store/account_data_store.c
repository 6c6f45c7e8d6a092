/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/account_data_store.h"

DB_SQL(sql_account_data_get,
	"SELECT content FROM account_data WHERE user_id = ?1 AND room_id = ?2 AND type = ?3");
DB_SQL(sql_account_data_changes,
	"SELECT room_id, type, content, position FROM account_data "
	"WHERE user_id = ?1 AND position > ?2 AND position <= ?3 ORDER BY position");
DB_SQL(sql_account_data_all, "SELECT room_id, type, content, position FROM account_data "
			     "WHERE user_id = ?1 AND room_id = ?2 ORDER BY type");
DB_SQL(sql_account_data_count, "SELECT count(*) FROM account_data WHERE user_id = ?1");
DB_SQL(sql_account_data_change, "UPDATE account_data SET content = ?4, position = ?5 "
				"WHERE user_id = ?1 AND room_id = ?2 AND type = ?3");
DB_SQL(sql_account_data_add, "INSERT INTO account_data (user_id, room_id, type, content, position) "
			     "VALUES (?1, ?2, ?3, ?4, ?5)");

enum status account_data_get(struct db *db, struct arena *arena, struct str user_id,
	struct str room_id, struct str type, struct str *content_out)
{
	DB_QUERY(q, db, &sql_account_data_get);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, room_id.p == NULL ? STR("") : room_id);
	db_bind_str(q, 3, type);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*content_out = db_col_dup(q, 0, arena);
	return status;
}

static enum status collect(struct db_query *q, struct arena *arena, struct account_data_list *out)
{
	size_t room = 16;
	*out = (struct account_data_list){ARENA_ARRAY(arena, struct account_data, room), 0};
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW) {
		if (out->count == room) {
			struct account_data *more =
				ARENA_ARRAY(arena, struct account_data, room * 2);
			memcpy(more, out->items, room * sizeof(*more));
			out->items = more;
			room *= 2;
		}
		out->items[out->count++] = (struct account_data){
			.room_id = db_col_dup(q, 0, arena),
			.type = db_col_dup(q, 1, arena),
			.content = db_col_dup(q, 2, arena),
			.position = db_col_int(q, 3),
		};
	}
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}

enum status account_data_changes(struct db *db, struct arena *arena, struct str user_id,
	int64_t after, int64_t upto, struct account_data_list *out)
{
	DB_QUERY(q, db, &sql_account_data_changes);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, after);
	db_bind_int(q, 3, upto);
	return collect(q, arena, out);
}

enum status account_data_all(struct db *db, struct arena *arena, struct str user_id,
	struct str room_id, struct account_data_list *out)
{
	DB_QUERY(q, db, &sql_account_data_all);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, room_id.p == NULL ? STR("") : room_id);
	return collect(q, arena, out);
}

static enum status check_room_for_more(struct db_tx *tx, struct str user_id)
{
	DB_QUERY(q, tx->db, &sql_account_data_count);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK && db_col_int(q, 0) >= ACCOUNT_DATA_MAX_ROWS)
		status = STATUS_TOO_LARGE;
	return status;
}

static enum status write_row(struct db_tx *tx, const struct db_sql *sql, struct str user_id,
	const struct account_data *data) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, data->room_id.p == NULL ? STR("") : data->room_id);
	db_bind_str(q, 3, data->type);
	db_bind_str(q, 4, data->content);
	db_bind_int(q, 5, data->position);
	return db_run(q);
}

enum status account_data_put(struct db_tx *tx, struct str user_id, const struct account_data *data)
{
	if (data->content.n > ACCOUNT_DATA_MAX_BYTES)
		return STATUS_TOO_LARGE;
	enum status status = write_row(tx, &sql_account_data_change, user_id, data);
	if (status != STATUS_OK || db_changes(tx->db) > 0)
		return status;
	status = check_room_for_more(tx, user_id);
	return status == STATUS_OK ? write_row(tx, &sql_account_data_add, user_id, data) : status;
}
