/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/appservice_store.h"

DB_SQL(sql_appservice_queue,
	"INSERT INTO appservice_events (appservice_id, position) VALUES (?1, ?2)"
	" ON CONFLICT DO NOTHING");
DB_SQL(sql_appservice_waiting, "SELECT position FROM appservice_events WHERE appservice_id = ?1"
			       " ORDER BY position LIMIT ?2");
DB_SQL(sql_appservice_open, "SELECT txn_id, body FROM appservice_transactions"
			    " WHERE appservice_id = ?1 AND body IS NOT NULL");
DB_SQL(sql_appservice_leave,
	"DELETE FROM appservice_events WHERE appservice_id = ?1 AND position <= ?2");
DB_SQL(sql_appservice_begin,
	"INSERT INTO appservice_transactions (appservice_id, txn_id, body) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (appservice_id) DO UPDATE SET txn_id = txn_id + 1, body = ?3"
	" RETURNING txn_id");
DB_SQL(sql_appservice_accepted,
	"UPDATE appservice_transactions SET body = NULL WHERE appservice_id = ?1 AND txn_id = ?2");

DB_SQL(sql_queue_to_device,
	"INSERT INTO appservice_to_device (appservice_id, position) VALUES (?1, ?2)"
	" ON CONFLICT DO NOTHING");
DB_SQL(sql_queue_devices,
	"INSERT INTO appservice_device_lists (appservice_id, user_id) VALUES (?1, ?2)"
	" ON CONFLICT DO NOTHING");
DB_SQL(sql_messages, "SELECT q.position, m.user_id, m.device_id, m.json FROM appservice_to_device q"
		     " LEFT JOIN to_device_messages m ON m.position = q.position"
		     " WHERE q.appservice_id = ?1 ORDER BY q.position LIMIT ?2");
DB_SQL(sql_devices, "SELECT user_id FROM appservice_device_lists WHERE appservice_id = ?1"
		    " ORDER BY user_id LIMIT ?2");
DB_SQL(sql_leave_messages,
	"DELETE FROM appservice_to_device WHERE appservice_id = ?1 AND position <= ?2");
DB_SQL(sql_leave_device,
	"DELETE FROM appservice_device_lists WHERE appservice_id = ?1 AND user_id = ?2");

enum status appservice_store_queue_to_device(
	struct db_tx *tx, struct str appservice_id, int64_t position)
{
	DB_QUERY(q, tx->db, &sql_queue_to_device);

	db_bind_str(q, 1, appservice_id);
	db_bind_int(q, 2, position);
	return db_run(q);
}

enum status appservice_store_queue_devices(
	struct db_tx *tx, struct str appservice_id, struct str user_id)
{
	DB_QUERY(q, tx->db, &sql_queue_devices);

	db_bind_str(q, 1, appservice_id);
	db_bind_str(q, 2, user_id);
	return db_run(q);
}

enum status appservice_store_messages(struct db *db, struct arena *arena, struct str appservice_id,
	size_t limit, struct appservice_messages *out)
{
	DB_QUERY(q, db, &sql_messages);
	struct appservice_messages list = {0};
	enum db_step step;

	db_bind_str(q, 1, appservice_id);
	db_bind_int(q, 2, (int64_t)limit);
	while ((step = db_step(q)) == DB_ROW) {
		list.upto = db_col_int(q, 0);
		if (db_col_is_null(q, 1))
			continue;
		*ROWS_ADD(arena, &list) = (struct appservice_message){
			.position = list.upto,
			.user_id = db_col_dup(q, 1, arena),
			.device_id = db_col_dup(q, 2, arena),
			.json = db_col_dup(q, 3, arena),
		};
	}
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status appservice_store_devices(struct db *db, struct arena *arena, struct str appservice_id,
	size_t limit, struct str_list *out)
{
	DB_QUERY(q, db, &sql_devices);
	struct str_list list = {0};
	enum db_step step;

	db_bind_str(q, 1, appservice_id);
	db_bind_int(q, 2, (int64_t)limit);
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = db_col_dup(q, 0, arena);
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

static enum status leave_device(struct db_tx *tx, struct str appservice_id, struct str user_id)
	REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_leave_device);

	db_bind_str(q, 1, appservice_id);
	db_bind_str(q, 2, user_id);
	return db_run(q);
}

enum status appservice_store_leave(struct db_tx *tx, struct str appservice_id,
	int64_t messages_upto, const struct str_list *users)
{
	enum status status;

	{
		DB_QUERY(q, tx->db, &sql_leave_messages);
		db_bind_str(q, 1, appservice_id);
		db_bind_int(q, 2, messages_upto);
		status = db_run(q);
	}
	for (size_t i = 0; i < users->count && status == STATUS_OK; i++)
		status = leave_device(tx, appservice_id, users->items[i]);
	return status;
}

enum status appservice_store_queue(struct db_tx *tx, struct str appservice_id, int64_t position)
{
	DB_QUERY(q, tx->db, &sql_appservice_queue);

	db_bind_str(q, 1, appservice_id);
	db_bind_int(q, 2, position);
	return db_run(q);
}

enum status appservice_store_waiting(struct db *db, struct arena *arena, struct str appservice_id,
	size_t limit, struct appservice_positions *out)
{
	DB_QUERY(q, db, &sql_appservice_waiting);
	struct appservice_positions list = {0};
	enum db_step step;

	db_bind_str(q, 1, appservice_id);
	db_bind_int(q, 2, (int64_t)limit);
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = db_col_int(q, 0);
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status appservice_store_open(struct db *db, struct arena *arena, struct str appservice_id,
	int64_t *txn_id_out, struct str *body_out)
{
	DB_QUERY(q, db, &sql_appservice_open);
	enum status status;

	db_bind_str(q, 1, appservice_id);
	status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*txn_id_out = db_col_int(q, 0);
	*body_out = db_col_dup(q, 1, arena);
	return STATUS_OK;
}

static enum status leave_queue(struct db_tx *tx, struct str appservice_id, int64_t upto)
	REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_appservice_leave);

	db_bind_str(q, 1, appservice_id);
	db_bind_int(q, 2, upto);
	return db_run(q);
}

enum status appservice_store_begin(struct db_tx *tx, struct str appservice_id, int64_t upto,
	struct str body, int64_t now, int64_t *txn_id_out)
{
	DB_QUERY(q, tx->db, &sql_appservice_begin);
	enum status status = leave_queue(tx, appservice_id, upto);

	if (status != STATUS_OK)
		return status;
	db_bind_str(q, 1, appservice_id);
	db_bind_int(q, 2, now);
	db_bind_str(q, 3, body);
	status = db_first(q);
	if (status != STATUS_OK)
		return STATUS_IO;
	*txn_id_out = db_col_int(q, 0);
	return STATUS_OK;
}

enum status appservice_store_accepted(struct db_tx *tx, struct str appservice_id, int64_t txn_id)
{
	DB_QUERY(q, tx->db, &sql_appservice_accepted);

	db_bind_str(q, 1, appservice_id);
	db_bind_int(q, 2, txn_id);
	return db_run(q);
}
