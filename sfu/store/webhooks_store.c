/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/store/webhooks_store.h"

DB_SQL(sql_add, "INSERT INTO webhooks (url, room, body, created_ms) VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_remove, "DELETE FROM webhooks WHERE webhook_id = ?1");
DB_SQL(sql_next, "SELECT webhook_id, room, body, created_ms FROM webhooks WHERE url = ?1"
		 " ORDER BY webhook_id LIMIT 1");

enum status webhooks_store_add(struct db_tx *tx, const struct webhook_row *row)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_str(q, 1, row->url);
	db_bind_str(q, 2, row->room);
	db_bind_str(q, 3, row->body);
	db_bind_int(q, 4, row->created_ms);
	return db_run(q);
}

enum status webhooks_store_remove(struct db_tx *tx, int64_t id)
{
	DB_QUERY(q, tx->db, &sql_remove);
	db_bind_int(q, 1, id);
	return db_run(q);
}

enum status webhooks_store_next(
	struct db *db, struct arena *arena, struct str url, struct webhook_row *out)
{
	DB_QUERY(q, db, &sql_next);
	db_bind_str(q, 1, url);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct webhook_row){
		.id = db_col_int(q, 0),
		.url = url,
		.room = db_col_dup(q, 1, arena),
		.body = db_col_dup(q, 2, arena),
		.created_ms = db_col_int(q, 3),
	};
	return STATUS_OK;
}
