/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/presence_store.h"

#include "homeserver/store/rows.h"

DB_SQL(sql_presence_get,
	"SELECT user_id, state, status_msg, last_active_ts FROM presence WHERE user_id = ?1");
DB_SQL(sql_presence_here,
	"SELECT user_id, state, status_msg, last_active_ts FROM presence WHERE state > 0");
DB_SQL(sql_presence_put,
	"INSERT OR REPLACE INTO presence (user_id, state, status_msg, last_active_ts) "
	"VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_presence_delete, "DELETE FROM presence WHERE user_id = ?1");

static enum presence_state state_of_column(int64_t value)
{
	return value == PRESENCE_UNAVAILABLE || value == PRESENCE_ONLINE
		       ? (enum presence_state)value
		       : PRESENCE_OFFLINE;
}

static struct presence_row row_read(struct db_query *q, struct arena *arena)
{
	return (struct presence_row){
		.user_id = db_col_dup(q, 0, arena),
		.state = state_of_column(db_col_int(q, 1)),
		.status_msg = db_col_dup(q, 2, arena),
		.last_active = db_col_int(q, 3),
	};
}

enum status presence_store_get(
	struct db *db, struct arena *arena, struct str user_id, struct presence_row *out)
{
	DB_QUERY(q, db, &sql_presence_get);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = row_read(q, arena);
	return status;
}

enum status presence_store_here(struct db *db, struct arena *arena, struct presence_rows *out)
{
	DB_QUERY(q, db, &sql_presence_here);
	enum db_step step;
	*out = (struct presence_rows){NULL, 0};
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = row_read(q, arena);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

enum status presence_store_put(struct db_tx *tx, const struct presence_row *row)
{
	DB_QUERY(q, tx->db, &sql_presence_put);
	db_bind_str(q, 1, row->user_id);
	db_bind_int(q, 2, (int64_t)row->state);
	db_bind_str(q, 3, row->status_msg);
	db_bind_int(q, 4, row->last_active);
	return db_run(q);
}

enum status presence_store_delete(struct db_tx *tx, struct str user_id)
{
	DB_QUERY(q, tx->db, &sql_presence_delete);
	db_bind_str(q, 1, user_id);
	return db_run(q);
}
