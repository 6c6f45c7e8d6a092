/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/receipt_store.h"

DB_SQL(sql_receipt_list,
	"SELECT user_id, type, thread_id, event_id, event_position, ts, position FROM receipts"
	" WHERE room_id = ?1 AND position > ?3 AND (type = 'm.read' OR user_id = ?2)"
	" ORDER BY position");
DB_SQL(sql_receipt_own,
	"SELECT user_id, type, thread_id, event_id, event_position, ts, position FROM receipts"
	" WHERE room_id = ?1 AND user_id = ?2 AND position <= ?3");
DB_SQL(sql_receipt_rooms, "SELECT DISTINCT room_id FROM receipts INDEXED BY receipts_by_position "
			  "WHERE position > ?1 AND (type = 'm.read' OR user_id = ?2)");
DB_SQL(sql_receipt_put,
	"INSERT INTO receipts"
	" (room_id, user_id, type, thread_id, event_id, event_position, ts, position)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	" ON CONFLICT (room_id, user_id, type, thread_id) DO UPDATE SET"
	" event_id = ?5, event_position = ?6, ts = ?7, position = ?8"
	" WHERE event_position < ?6");
DB_SQL(sql_receipt_trim, "DELETE FROM receipts WHERE (room_id, user_id, type, thread_id) IN"
			 " (SELECT room_id, user_id, type, thread_id FROM receipts"
			 " WHERE room_id = ?1 AND user_id = ?2 AND type = ?3 AND thread_id >= '$' "
			 "AND thread_id < '%'"
			 " ORDER BY position DESC LIMIT -1 OFFSET ?4)");

static enum status list_read(
	struct db_query *q, struct arena *arena, struct str room_id, struct receipt_list *out)
{
	struct receipt_list list = {0};
	enum db_step step;

	while ((step = db_step(q)) == DB_ROW) {
		struct receipt *receipt = ROWS_ADD(arena, &list);

		receipt->room_id = room_id;
		receipt->user_id = db_col_dup(q, 0, arena);
		receipt->type = db_col_dup(q, 1, arena);
		receipt->thread_id = db_col_dup(q, 2, arena);
		receipt->event_id = db_col_dup(q, 3, arena);
		receipt->event_position = db_col_int(q, 4);
		receipt->ts = db_col_int(q, 5);
		receipt->position = db_col_int(q, 6);
	}
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status receipt_store_list(struct db *db, struct arena *arena, struct str room_id,
	struct str viewer, int64_t after, struct receipt_list *out)
{
	DB_QUERY(q, db, &sql_receipt_list);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, viewer);
	db_bind_int(q, 3, after);
	return list_read(q, arena, room_id, out);
}

enum status receipt_store_own(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, int64_t upto, struct receipt_list *out)
{
	DB_QUERY(q, db, &sql_receipt_own);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, user_id);
	db_bind_int(q, 3, upto);
	return list_read(q, arena, room_id, out);
}

enum status receipt_store_rooms(
	struct db *db, struct arena *arena, struct str viewer, int64_t after, struct str_list *out)
{
	DB_QUERY(q, db, &sql_receipt_rooms);
	struct str_list list = {0};
	enum db_step step;

	db_bind_int(q, 1, after);
	db_bind_str(q, 2, viewer);
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = db_col_dup(q, 0, arena);
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

static enum status receipt_trim(struct db_tx *tx, const struct receipt *receipt) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_receipt_trim);

	db_bind_str(q, 1, receipt->room_id);
	db_bind_str(q, 2, receipt->user_id);
	db_bind_str(q, 3, receipt->type);
	db_bind_int(q, 4, RECEIPT_THREADS_MAX);
	return db_run(q);
}

enum status receipt_store_put(struct db_tx *tx, const struct receipt *receipt, bool *moved_out)
{
	DB_QUERY(q, tx->db, &sql_receipt_put);
	enum status status;

	db_bind_str(q, 1, receipt->room_id);
	db_bind_str(q, 2, receipt->user_id);
	db_bind_str(q, 3, receipt->type);
	db_bind_str(q, 4, receipt->thread_id.n == 0 ? STR("") : receipt->thread_id);
	db_bind_str(q, 5, receipt->event_id);
	db_bind_int(q, 6, receipt->event_position);
	db_bind_int(q, 7, receipt->ts);
	db_bind_int(q, 8, receipt->position);
	status = db_run(q);
	if (status != STATUS_OK)
		return status;
	*moved_out = db_changes(tx->db) != 0;
	if (*moved_out && str_starts(receipt->thread_id, STR("$")))
		return receipt_trim(tx, receipt);
	return STATUS_OK;
}
