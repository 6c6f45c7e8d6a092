/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/delayed_event_store.h"

#include "common/crypto/hash.h"
#include "homeserver/store/rows.h"

#define COLUMNS                                                                                   \
	"SELECT delay_id, user_id, device_id, room_id, type, state_key, redacts, content,"        \
	" origin_server_ts, delay, running_since, finalised_ts, sent, by_action, error, event_id" \
	" FROM delayed_events"

DB_SQL(sql_find, COLUMNS " WHERE delay_id = ?1");
DB_SQL(sql_find_txn, "SELECT delay_id FROM delayed_events WHERE scope = ?1");
DB_SQL(sql_next,
	"SELECT delay_id, send_ts FROM delayed_events WHERE finalised_ts IS NULL AND send_ts > 0"
	" ORDER BY send_ts, id LIMIT 1");
DB_SQL(sql_scheduled, COLUMNS " WHERE user_id = ?1 AND finalised_ts IS NULL ORDER BY send_ts, id");
DB_SQL(sql_finalised, COLUMNS " WHERE user_id = ?1 AND finalised_ts IS NOT NULL"
			      " ORDER BY finalised_ts DESC, id DESC");
DB_SQL(sql_count, "SELECT count(*), min(send_ts) FROM delayed_events"
		  " WHERE user_id = ?1 AND finalised_ts IS NULL");
DB_SQL(sql_of, "SELECT delay_id FROM delayed_events WHERE event_position = ?1");
DB_SQL(sql_add,
	"INSERT INTO delayed_events (delay_id, user_id, device_id, scope, room_id, type, state_key,"
	" redacts, content, origin_server_ts, delay, running_since, send_ts)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?11 + ?12)");
DB_SQL(sql_restart, "UPDATE delayed_events SET running_since = ?2, send_ts = ?2 + delay"
		    " WHERE delay_id = ?1 AND finalised_ts IS NULL");
DB_SQL(sql_finalise,
	"UPDATE delayed_events SET finalised_ts = ?2, sent = ?3, by_action = ?4, error = ?5,"
	" event_id = ?6, event_position = ?7 WHERE delay_id = ?1 AND finalised_ts IS NULL");
DB_SQL(sql_forget_old, "DELETE FROM delayed_events WHERE finalised_ts < ?1");
DB_SQL(sql_forget_many,
	"DELETE FROM delayed_events WHERE user_id = ?1 AND finalised_ts IS NOT NULL"
	" AND finalised_ts <= (SELECT finalised_ts FROM delayed_events WHERE user_id = ?1"
	" AND finalised_ts IS NOT NULL ORDER BY finalised_ts DESC LIMIT 1 OFFSET ?2)");
DB_SQL(sql_cancel_state,
	"UPDATE delayed_events SET finalised_ts = ?6, error = ?5 WHERE room_id = ?1 AND type = ?2"
	" AND state_key = ?3 AND user_id <> ?4 AND finalised_ts IS NULL");

#define SCOPE_BYTES 16

static void bind_scope(struct db_query *q, int i, struct str scope, uint8_t hash[SHA256_BYTES])
{
	if (scope.p == NULL) {
		db_bind_null(q, i);
		return;
	}
	sha256(scope, hash);
	db_bind_blob(q, i, str_n((const char *)hash, SCOPE_BYTES));
}

static void bind_text(struct db_query *q, int i, struct str text)
{
	db_bind_str(q, i, text.p == NULL ? STR("") : text);
}

static struct delayed_event read_row(struct db_query *q, struct arena *arena)
{
	return (struct delayed_event){
		.delay_id = db_col_dup(q, 0, arena),
		.user_id = db_col_dup(q, 1, arena),
		.device_id = db_col_dup(q, 2, arena),
		.room_id = db_col_dup(q, 3, arena),
		.type = db_col_dup(q, 4, arena),
		.state_key = db_col_dup(q, 5, arena),
		.redacts = db_col_dup(q, 6, arena),
		.content = db_col_dup(q, 7, arena),
		.origin_server_ts = db_col_int(q, 8),
		.delay_ms = db_col_int(q, 9),
		.running_since = db_col_int(q, 10),
		.finalised_ts = db_col_int(q, 11),
		.sent = db_col_bool(q, 12),
		.by_action = db_col_bool(q, 13),
		.error = db_col_dup(q, 14, arena),
		.event_id = db_col_dup(q, 15, arena),
	};
}

enum status delayed_event_find(
	struct db *db, struct arena *arena, struct str delay_id, struct delayed_event *out)
{
	DB_QUERY(q, db, &sql_find);
	db_bind_str(q, 1, delay_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = read_row(q, arena);
	return status;
}

enum status delayed_event_find_txn(
	struct db *db, struct arena *arena, struct str scope, struct str *delay_id_out)
{
	uint8_t hash[SHA256_BYTES];
	DB_QUERY(q, db, &sql_find_txn);
	bind_scope(q, 1, scope, hash);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*delay_id_out = db_col_dup(q, 0, arena);
	return status;
}

enum status delayed_event_next(
	struct db *db, struct arena *arena, struct str *delay_id_out, int64_t *send_ts_out)
{
	DB_QUERY(q, db, &sql_next);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*delay_id_out = db_col_dup(q, 0, arena);
	*send_ts_out = db_col_int(q, 1);
	return STATUS_OK;
}

enum status delayed_event_list_get(struct db *db, struct arena *arena, struct str user_id,
	bool finalised, struct delayed_event_list *out)
{
	struct delayed_event_list list = {0};
	DB_QUERY(q, db, finalised ? &sql_finalised : &sql_scheduled);
	db_bind_str(q, 1, user_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = read_row(q, arena);
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status delayed_event_count(
	struct db *db, struct str user_id, int64_t *count_out, int64_t *first_ts_out)
{
	DB_QUERY(q, db, &sql_count);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*count_out = db_col_int(q, 0);
	*first_ts_out = db_col_int(q, 1);
	return STATUS_OK;
}

enum status delayed_event_of(
	struct db *db, struct arena *arena, int64_t event_position, struct str *delay_id_out)
{
	DB_QUERY(q, db, &sql_of);
	db_bind_int(q, 1, event_position);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*delay_id_out = db_col_dup(q, 0, arena);
	return status;
}

enum status delayed_event_add(struct db_tx *tx, const struct delayed_event *event)
{
	uint8_t hash[SHA256_BYTES];
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_str(q, 1, event->delay_id);
	db_bind_str(q, 2, event->user_id);
	bind_text(q, 3, event->device_id);
	bind_scope(q, 4, event->scope, hash);
	db_bind_str(q, 5, event->room_id);
	db_bind_str(q, 6, event->type);
	db_bind_str(q, 7, event->state_key);
	bind_text(q, 8, event->redacts);
	db_bind_str(q, 9, event->content);
	db_bind_int(q, 10, event->origin_server_ts);
	db_bind_int(q, 11, event->delay_ms);
	db_bind_int(q, 12, event->running_since);
	return db_run(q);
}

enum status delayed_event_restart(struct db_tx *tx, struct str delay_id, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_restart);
	db_bind_str(q, 1, delay_id);
	db_bind_int(q, 2, now);
	return db_run(q);
}

MUST_CHECK static enum status forget(struct db_tx *tx, struct str user_id, int64_t now)
	REQUIRES(on_writer)
{
	{
		DB_QUERY(q, tx->db, &sql_forget_old);
		db_bind_int(q, 1, now - DELAYED_FINALISED_MS);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	DB_QUERY(q, tx->db, &sql_forget_many);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, DELAYED_FINALISED_MAX);
	return db_run(q);
}

enum status delayed_event_finalise(struct db_tx *tx, const struct delayed_outcome *outcome)
{
	bool sent = outcome->event_id.p != NULL;
	{
		DB_QUERY(q, tx->db, &sql_finalise);
		db_bind_str(q, 1, outcome->delay_id);
		db_bind_int(q, 2, outcome->now);
		db_bind_bool(q, 3, sent);
		db_bind_bool(q, 4, outcome->by_action);
		db_bind_str(q, 5, outcome->error);
		db_bind_str(q, 6, outcome->event_id);
		if (sent)
			db_bind_int(q, 7, outcome->event_position);
		else
			db_bind_null(q, 7);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	return forget(tx, outcome->user_id, outcome->now);
}

enum status delayed_event_cancel_state(struct db_tx *tx, struct str room_id, struct str type,
	struct str state_key, struct str except, struct str error, int64_t now, bool *changed_out)
{
	DB_QUERY(q, tx->db, &sql_cancel_state);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, type);
	db_bind_str(q, 3, state_key);
	db_bind_str(q, 4, except);
	db_bind_str(q, 5, error);
	db_bind_int(q, 6, now);
	enum status status = db_run(q);
	*changed_out = status == STATUS_OK && db_changes(tx->db) > 0;
	return status;
}
