/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/store/delegations_store.h"

DB_SQL(sql_put, "INSERT INTO delegations (room, identity, delay_id, timeout_ms, restarted_ms, seen)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (room, identity) DO UPDATE SET"
		" delay_id = excluded.delay_id, timeout_ms = excluded.timeout_ms,"
		" restarted_ms = excluded.restarted_ms, seen = excluded.seen");
DB_SQL(sql_remove, "DELETE FROM delegations WHERE room = ?1 AND identity = ?2 AND delay_id = ?3");
DB_SQL(sql_each, "SELECT room, identity, delay_id, timeout_ms, restarted_ms, seen"
		 " FROM delegations");

enum status delegations_store_put(struct db_tx *tx, const struct delegation_row *row)
{
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_str(q, 1, row->room);
	db_bind_str(q, 2, row->identity);
	db_bind_str(q, 3, row->delay_id);
	db_bind_int(q, 4, row->timeout_ms);
	db_bind_int(q, 5, row->restarted_ms);
	db_bind_int(q, 6, row->seen);
	return db_run(q);
}

enum status delegations_store_remove(struct db_tx *tx, const struct delegation_row *row)
{
	DB_QUERY(q, tx->db, &sql_remove);
	db_bind_str(q, 1, row->room);
	db_bind_str(q, 2, row->identity);
	db_bind_str(q, 3, row->delay_id);
	return db_run(q);
}

enum status delegations_store_each(
	struct db *db, void (*take)(void *context, const struct delegation_row *row), void *context)
{
	DB_QUERY(q, db, &sql_each);
	for (;;) {
		enum db_step step = db_step(q);
		if (step != DB_ROW)
			return step == DB_DONE ? STATUS_OK : STATUS_IO;
		const struct delegation_row row = {
			.room = db_col_str(q, 0),
			.identity = db_col_str(q, 1),
			.delay_id = db_col_str(q, 2),
			.timeout_ms = db_col_int(q, 3),
			.restarted_ms = db_col_int(q, 4),
			.seen = db_col_int(q, 5) != 0,
		};
		take(context, &row);
	}
}
