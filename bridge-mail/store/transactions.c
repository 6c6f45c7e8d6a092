/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/transactions.h"

DB_SQL(sql_add, "INSERT INTO transactions (txn_id, received_at) VALUES (?1, ?2)");
DB_SQL(sql_event_add, "INSERT INTO room_events (event_id, room_id, json, received_at)"
		      " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (event_id) DO NOTHING");
DB_SQL(sql_next, "SELECT sequence, event_id, room_id, json, attempts, next_try_at"
		 " FROM room_events WHERE state = 0 ORDER BY sequence LIMIT 1");
DB_SQL(sql_done, "UPDATE room_events SET state = 1, json = '' WHERE sequence = ?1");
DB_SQL(sql_retry, "UPDATE room_events SET attempts = attempts + 1, next_try_at = ?2"
		  " WHERE sequence = ?1");
DB_SQL(sql_prune, "DELETE FROM transactions WHERE received_at < ?1");
DB_SQL(sql_prune_events, "DELETE FROM room_events WHERE state = 1 AND received_at < ?1");

enum status transaction_add(struct db_tx *tx, struct str txn_id, int64_t received_at,
	const struct room_event_row *events, size_t count)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_str(q, 1, txn_id);
	db_bind_int(q, 2, received_at);
	enum status status = db_run(q);
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		DB_QUERY(add, tx->db, &sql_event_add);
		db_bind_str(add, 1, events[i].event_id);
		db_bind_str(add, 2, events[i].room_id);
		db_bind_str(add, 3, events[i].json);
		db_bind_int(add, 4, received_at);
		status = db_run(add);
	}
	return status;
}

enum status room_event_next(struct db *db, struct arena *arena, struct room_event_row *out)
{
	DB_QUERY(q, db, &sql_next);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct room_event_row){
		.sequence = db_col_int(q, 0),
		.event_id = db_col_dup(q, 1, arena),
		.room_id = db_col_dup(q, 2, arena),
		.json = db_col_dup(q, 3, arena),
		.attempts = db_col_int(q, 4),
		.next_try_at = db_col_int(q, 5),
	};
	return STATUS_OK;
}

enum status room_event_done(struct db_tx *tx, int64_t sequence)
{
	DB_QUERY(q, tx->db, &sql_done);
	db_bind_int(q, 1, sequence);
	return db_run(q);
}

enum status room_event_retry(struct db_tx *tx, int64_t sequence, int64_t next_try_at)
{
	DB_QUERY(q, tx->db, &sql_retry);
	db_bind_int(q, 1, sequence);
	db_bind_int(q, 2, next_try_at);
	return db_run(q);
}

enum status transactions_prune(struct db_tx *tx, int64_t before)
{
	DB_QUERY(q, tx->db, &sql_prune);
	db_bind_int(q, 1, before);
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(events, tx->db, &sql_prune_events);
	db_bind_int(events, 1, before);
	return db_run(events);
}
