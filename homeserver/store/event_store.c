/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/event_store.h"

#include "common/crypto/hash.h"
#include "homeserver/store/event_rows.h"
#include "homeserver/store/names.h"
#include "homeserver/store/rows.h"

/* Half of a SHA-256: the scope is chosen by the user whose transactions these are. */
#define TXN_SCOPE_BYTES (SHA256_BYTES / 2)

DB_SQL(sql_event_find, "SELECT " EVENT_COLUMNS
		       " FROM events e JOIN rooms r ON r.id = e.room WHERE e.event_id = ?1");
DB_SQL(sql_event_at, "SELECT " EVENT_COLUMNS
		     " FROM events e JOIN rooms r ON r.id = e.room WHERE e.position = ?1");
DB_SQL(sql_event_range_forward,
	"SELECT " EVENT_COLUMNS " FROM rooms r CROSS JOIN events e ON e.room = r.id "
	"WHERE r.room_id = ?1 AND e.position > ?2 AND e.position <= ?3 "
	"ORDER BY e.position LIMIT ?4");
DB_SQL(sql_event_range_backward,
	"SELECT " EVENT_COLUMNS " FROM rooms r CROSS JOIN events e ON e.room = r.id "
	"WHERE r.room_id = ?1 AND e.position > ?2 AND e.position <= ?3 "
	"ORDER BY e.position DESC LIMIT ?4");
DB_SQL(sql_event_by_time_forward,
	"SELECT " EVENT_COLUMNS " FROM rooms r CROSS JOIN events e INDEXED BY events_by_time "
	"ON e.room = r.id WHERE r.room_id = ?1 AND (e.origin_server_ts, e.position) > (?2, ?3) "
	"ORDER BY e.origin_server_ts, e.position LIMIT ?4");
DB_SQL(sql_event_by_time_backward,
	"SELECT " EVENT_COLUMNS " FROM rooms r CROSS JOIN events e INDEXED BY events_by_time "
	"ON e.room = r.id WHERE r.room_id = ?1 AND (e.origin_server_ts, e.position) < (?2, ?3) "
	"ORDER BY e.origin_server_ts DESC, e.position DESC LIMIT ?4");
DB_SQL(sql_event_add,
	"INSERT INTO events (position, event_id, room, type, state_key, sender, origin_server_ts, "
	"depth, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
DB_SQL(sql_event_redact, "UPDATE events SET redacted_by = ?2, json = ?3 WHERE position = ?1 AND "
			 "redacted_by IS NULL");

DB_SQL(sql_txn_find, "SELECT event FROM event_txns WHERE scope = ?1");
DB_SQL(sql_txn_add, "INSERT INTO event_txns (event, scope, device_id, txn_id, created_ts) "
		    "VALUES (?1, ?2, ?3, ?4, ?5)");
DB_SQL(sql_txn_expire, "DELETE FROM event_txns WHERE event IN "
		       "(SELECT event FROM event_txns ORDER BY event LIMIT 2) AND created_ts < ?1");
DB_SQL(sql_txn_of, "SELECT txn_id FROM event_txns WHERE event = ?1 AND device_id = ?2");

struct event_row event_row_read(struct db_query *q, struct arena *arena)
{
	return (struct event_row){
		.position = db_col_int(q, 0),
		.event_id = db_col_dup(q, 1, arena),
		.room_id = db_col_dup(q, 2, arena),
		.room_version = db_col_dup(q, 3, arena),
		.redacted_by = db_col_dup(q, 4, arena),
		.json = db_col_dup(q, 5, arena),
	};
}

enum status event_row_first(struct db_query *q, struct arena *arena, struct event_row *out)
{
	enum status status = db_first(q);

	if (status == STATUS_OK)
		*out = event_row_read(q, arena);
	return status;
}

enum status event_rows_all(struct db_query *q, struct arena *arena, struct event_rows *out)
{
	enum db_step step;

	*out = (struct event_rows){NULL, 0};
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = event_row_read(q, arena);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

enum status event_store_find(
	struct db *db, struct arena *arena, struct str event_id, struct event_row *out)
{
	DB_QUERY(q, db, &sql_event_find);
	db_bind_str(q, 1, event_id);
	return event_row_first(q, arena, out);
}

enum status event_store_at(
	struct db *db, struct arena *arena, int64_t position, struct event_row *out)
{
	DB_QUERY(q, db, &sql_event_at);
	db_bind_int(q, 1, position);
	return event_row_first(q, arena, out);
}

enum status event_store_range(
	struct db *db, struct arena *arena, const struct event_range *range, struct event_rows *out)
{
	DB_QUERY(q, db, range->backward ? &sql_event_range_backward : &sql_event_range_forward);
	db_bind_str(q, 1, range->room_id);
	db_bind_int(q, 2, range->after);
	db_bind_int(q, 3, range->upto);
	db_bind_int(q, 4, (int64_t)range->limit);
	return event_rows_all(q, arena, out);
}

enum status event_store_by_time(struct db *db, struct arena *arena, struct str room_id,
	struct event_time_cursor from, bool forward, size_t limit, struct event_rows *out)
{
	DB_QUERY(q, db, forward ? &sql_event_by_time_forward : &sql_event_by_time_backward);

	db_bind_str(q, 1, room_id);
	db_bind_int(q, 2, from.ts);
	db_bind_int(q, 3, from.position);
	db_bind_int(q, 4, (int64_t)limit);
	return event_rows_all(q, arena, out);
}

enum status event_store_add(struct db_tx *tx, const struct event_insert *event)
{
	int64_t type = 0, state_key = 0, sender = 0;
	enum status status = names_put(tx, event->type, &type);

	if (status == STATUS_OK)
		status = names_put(tx, event->sender, &sender);
	if (status == STATUS_OK && event->state_key.p != NULL)
		status = names_put(tx, event->state_key, &state_key);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_event_add);
	db_bind_int(q, 1, event->position);
	db_bind_str(q, 2, event->event_id);
	db_bind_int(q, 3, event->room_key);
	db_bind_int(q, 4, type);
	if (event->state_key.p != NULL)
		db_bind_int(q, 5, state_key);
	else
		db_bind_null(q, 5);
	db_bind_int(q, 6, sender);
	db_bind_int(q, 7, event->origin_server_ts);
	db_bind_int(q, 8, event->depth);
	db_bind_str(q, 9, event->json);
	return db_run(q);
}

enum status event_store_redact(
	struct db_tx *tx, int64_t position, int64_t redaction_position, struct str pruned_json)
{
	DB_QUERY(q, tx->db, &sql_event_redact);
	db_bind_int(q, 1, position);
	db_bind_int(q, 2, redaction_position);
	db_bind_str(q, 3, pruned_json);
	return db_run(q);
}

enum status event_txn_find(struct db *db, struct str scope, int64_t *position_out)
{
	uint8_t hash[SHA256_BYTES];

	sha256(scope, hash);
	DB_QUERY(q, db, &sql_txn_find);
	db_bind_blob(q, 1, str_n((const char *)hash, TXN_SCOPE_BYTES));
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*position_out = db_col_int(q, 0);
	return status;
}

static enum status txn_expire(struct db_tx *tx, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_txn_expire);
	db_bind_int(q, 1, now - EVENT_TXN_KEEP_MS);
	return db_run(q);
}

enum status event_txn_add(
	struct db_tx *tx, const struct event_txn *txn, int64_t position, int64_t now)
{
	uint8_t hash[SHA256_BYTES];
	enum status status = txn_expire(tx, now);

	if (status != STATUS_OK)
		return status;
	sha256(txn->scope, hash);
	DB_QUERY(q, tx->db, &sql_txn_add);
	db_bind_int(q, 1, position);
	db_bind_blob(q, 2, str_n((const char *)hash, TXN_SCOPE_BYTES));
	db_bind_str(q, 3, txn->device_id.p == NULL ? STR("") : txn->device_id);
	db_bind_str(q, 4, txn->txn_id);
	db_bind_int(q, 5, now);
	return db_run(q);
}

enum status event_txn_of(struct db *db, struct arena *arena, int64_t position, struct str device_id,
	struct str *txn_id_out)
{
	DB_QUERY(q, db, &sql_txn_of);
	db_bind_int(q, 1, position);
	db_bind_str(q, 2, device_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*txn_id_out = db_col_dup(q, 0, arena);
	return status;
}
