/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/to_device_store.h"

#include "homeserver/store/rows.h"

#define PRUNE_EVERY 256 /* positions */
#define TXN_KEPT_MS (INT64_C(7) * 24 * 3600 * 1000)

DB_SQL(sql_list, "SELECT position, json FROM to_device_messages WHERE user_id = ?1"
		 " AND device_id = ?2 AND position > ?3 AND position <= ?4"
		 " ORDER BY position LIMIT ?5");
DB_SQL(sql_any, "SELECT 1 FROM to_device_messages"
		" WHERE user_id = ?1 AND device_id = ?2 AND position <= ?3 LIMIT 1");
DB_SQL(sql_delete, "DELETE FROM to_device_messages"
		   " WHERE user_id = ?1 AND device_id = ?2 AND position <= ?3");
DB_SQL(sql_add, "INSERT INTO to_device_messages (position, user_id, device_id, json, created_ts)"
		" VALUES (?1, ?2, ?3, ?4, unixepoch() * 1000)");
DB_SQL(sql_cap, "DELETE FROM to_device_messages WHERE user_id = ?1 AND device_id = ?2"
		" AND position <= (SELECT position FROM to_device_messages WHERE user_id = ?1"
		" AND device_id = ?2 ORDER BY position DESC LIMIT 1 OFFSET ?3)");
/* Positions grow with time: the oldest stand first. */
DB_SQL(sql_expire,
	"DELETE FROM to_device_messages WHERE position IN (SELECT position FROM to_device_messages"
	" WHERE position > 0 ORDER BY position LIMIT 1000)"
	" AND created_ts < (unixepoch() - ?1 * 86400) * 1000");
DB_SQL(sql_txn_forget, "DELETE FROM to_device_transactions WHERE created_ts < ?1");
DB_SQL(sql_txn_put, "INSERT INTO to_device_transactions"
		    " (user_id, device_id, type, txn_id, created_ts) VALUES (?1, ?2, ?3, ?4, ?5)");

enum status to_device_store_list(struct db *db, struct arena *arena, struct str user_id,
	struct str device_id, int64_t after, int64_t upto, size_t limit, struct to_device_list *out)
{
	struct to_device_list list = {0};
	DB_QUERY(q, db, &sql_list);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	db_bind_int(q, 3, after);
	db_bind_int(q, 4, upto);
	db_bind_int(q, 5, (int64_t)limit + 1);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW) {
		if (list.count == limit) {
			list.more = true;
			break;
		}
		*ROWS_ADD(arena, &list) = (struct to_device_message){
			.position = db_col_int(q, 0), .json = db_col_dup(q, 1, arena)};
	}
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status to_device_store_any(
	struct db *db, struct str user_id, struct str device_id, int64_t upto, bool *out)
{
	DB_QUERY(q, db, &sql_any);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	db_bind_int(q, 3, upto);
	enum status status = db_first(q);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	*out = status == STATUS_OK;
	return STATUS_OK;
}

enum status to_device_store_delete(
	struct db_tx *tx, struct str user_id, struct str device_id, int64_t upto)
{
	DB_QUERY(q, tx->db, &sql_delete);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	db_bind_int(q, 3, upto);
	return db_run(q);
}

MUST_CHECK static enum status prune(struct db_tx *tx, struct str user_id, struct str device_id)
	REQUIRES(on_writer)
{
	{
		DB_QUERY(q, tx->db, &sql_expire);
		db_bind_int(q, 1, TO_DEVICE_KEPT_DAYS);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	DB_QUERY(q, tx->db, &sql_cap);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	db_bind_int(q, 3, TO_DEVICE_INBOX_MAX);
	return db_run(q);
}

enum status to_device_store_add(struct db_tx *tx, struct str user_id, struct str device_id,
	int64_t position, struct str json)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_int(q, 1, position);
	db_bind_str(q, 2, user_id);
	db_bind_str(q, 3, device_id);
	db_bind_str(q, 4, json);
	enum status status = db_run(q);
	if (status != STATUS_OK || position % PRUNE_EVERY != 0)
		return status;
	return prune(tx, user_id, device_id);
}

enum status to_device_store_txn(struct db_tx *tx, const struct to_device_txn *txn)
{
	{
		DB_QUERY(q, tx->db, &sql_txn_forget);
		db_bind_int(q, 1, txn->now - TXN_KEPT_MS);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	DB_QUERY(q, tx->db, &sql_txn_put);
	db_bind_str(q, 1, txn->user_id);
	db_bind_str(q, 2, txn->device_id.p == NULL ? STR("") : txn->device_id);
	db_bind_str(q, 3, txn->type);
	db_bind_str(q, 4, txn->txn_id);
	db_bind_int(q, 5, txn->now);
	return db_run(q);
}
