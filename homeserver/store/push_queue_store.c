/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/push_queue_store.h"

/* The pusher is ?1 to ?3 in all statements that are about one. */
#define PUSHER " WHERE user_id = ?1 AND app_id = ?2 AND pushkey = ?3"

DB_SQL(sql_users, "SELECT DISTINCT user_id FROM pushers");
DB_SQL(sql_of_user, "SELECT user_id, app_id, pushkey FROM pushers WHERE user_id = ?1"
		    " AND kind = 'http'");
DB_SQL(sql_pending, "SELECT user_id, app_id, pushkey FROM push_badges WHERE reads > 0 UNION"
		    " SELECT user_id, app_id, pushkey FROM push_queue");
DB_SQL(sql_add, "INSERT INTO push_queue (user_id, app_id, pushkey, position, room_id, thread_id,"
		" actions, queued_ts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT DO NOTHING");
DB_SQL(sql_cap,
	"DELETE FROM push_queue" PUSHER " AND position <= (SELECT position FROM push_queue" PUSHER
	" ORDER BY position DESC LIMIT 1 OFFSET ?4)");
DB_SQL(sql_first, "SELECT position, room_id, thread_id, actions, queued_ts FROM push_queue" PUSHER
		  " ORDER BY position LIMIT 1");
DB_SQL(sql_remove, "DELETE FROM push_queue" PUSHER " AND position = ?4");
DB_SQL(sql_expire, "DELETE FROM push_queue" PUSHER " AND queued_ts < ?4");
DB_SQL(sql_read_all,
	"DELETE FROM push_queue WHERE user_id = ?1 AND room_id = ?2 AND position <= ?3");
DB_SQL(sql_read_thread, "DELETE FROM push_queue WHERE user_id = ?1 AND room_id = ?2"
			" AND position <= ?3 AND thread_id = ?4");
DB_SQL(sql_badge, "SELECT told, reads FROM push_badges" PUSHER);
DB_SQL(sql_badge_read, "UPDATE push_badges SET reads = reads + 1 WHERE user_id = ?1");
DB_SQL(sql_badge_told, "INSERT INTO push_badges (user_id, app_id, pushkey, told, reads)"
		       " SELECT user_id, app_id, pushkey, ?4, 0 FROM pushers" PUSHER
		       " ON CONFLICT (user_id, app_id, pushkey) DO UPDATE SET told = excluded.told,"
		       " reads = max(reads - ?5, 0)");
DB_SQL(sql_rung, "INSERT INTO rung_calls (user_id, room_id, position, call_id, missed_ts)"
		 " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING");
DB_SQL(sql_taken, "DELETE FROM rung_calls WHERE user_id = ?1 AND room_id = ?2 AND call_id = ?3");
DB_SQL(sql_ended, "UPDATE rung_calls SET missed_ts = min(missed_ts, ?3)"
		  " WHERE room_id = ?1 AND call_id = ?2");
DB_SQL(sql_rung_read,
	"DELETE FROM rung_calls WHERE user_id = ?1 AND room_id = ?2 AND position <= ?3");
DB_SQL(sql_missed, "SELECT count(*) FROM rung_calls WHERE user_id = ?1 AND missed_ts <= ?2");

static void bind_pusher(struct db_query *q, const struct pusher_key *pusher)
{
	db_bind_str(q, 1, pusher->user_id);
	db_bind_str(q, 2, pusher->app_id);
	db_bind_str(q, 3, pusher->pushkey);
}

static void bind_text(struct db_query *q, int i, struct str text)
{
	db_bind_str(q, i, text.p == NULL ? STR("") : text);
}

enum status push_queue_users(struct db *db, struct arena *arena, struct str_list *out)
{
	struct str_list list = {0};
	DB_QUERY(q, db, &sql_users);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = db_col_dup(q, 0, arena);
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

MUST_CHECK static enum status read_keys(
	struct db_query *q, struct arena *arena, struct pusher_keys *out)
{
	struct pusher_keys list = {0};
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = (struct pusher_key){
			.user_id = db_col_dup(q, 0, arena),
			.app_id = db_col_dup(q, 1, arena),
			.pushkey = db_col_dup(q, 2, arena),
		};
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status push_queue_pushers_of(
	struct db *db, struct arena *arena, struct str user_id, struct pusher_keys *out)
{
	DB_QUERY(q, db, &sql_of_user);
	db_bind_str(q, 1, user_id);
	return read_keys(q, arena, out);
}

enum status push_queue_pending(struct db *db, struct arena *arena, struct pusher_keys *out)
{
	DB_QUERY(q, db, &sql_pending);
	return read_keys(q, arena, out);
}

enum status push_queue_add(
	struct db_tx *tx, const struct pusher_key *pusher, const struct push_row *row)
{
	{
		DB_QUERY(q, tx->db, &sql_add);
		bind_pusher(q, pusher);
		db_bind_int(q, 4, row->position);
		db_bind_str(q, 5, row->room_id);
		bind_text(q, 6, row->thread_id);
		db_bind_str(q, 7, row->actions);
		db_bind_int(q, 8, row->queued_ts);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	DB_QUERY(q, tx->db, &sql_cap);
	bind_pusher(q, pusher);
	db_bind_int(q, 4, PUSH_QUEUE_MAX);
	return db_run(q);
}

enum status push_queue_first(
	struct db *db, struct arena *arena, const struct pusher_key *pusher, struct push_row *out)
{
	DB_QUERY(q, db, &sql_first);
	bind_pusher(q, pusher);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct push_row){
		.position = db_col_int(q, 0),
		.room_id = db_col_dup(q, 1, arena),
		.thread_id = db_col_dup(q, 2, arena),
		.actions = db_col_dup(q, 3, arena),
		.queued_ts = db_col_int(q, 4),
	};
	return STATUS_OK;
}

enum status push_queue_remove(struct db_tx *tx, const struct pusher_key *pusher, int64_t position)
{
	DB_QUERY(q, tx->db, &sql_remove);
	bind_pusher(q, pusher);
	db_bind_int(q, 4, position);
	return db_run(q);
}

enum status push_queue_expire(struct db_tx *tx, const struct pusher_key *pusher, int64_t before_ts)
{
	DB_QUERY(q, tx->db, &sql_expire);
	bind_pusher(q, pusher);
	db_bind_int(q, 4, before_ts);
	return db_run(q);
}

/* Calls are of no thread: a receipt in one thread alone leaves them. */
MUST_CHECK static enum status read_calls(struct db_tx *tx, struct str user_id, struct str room_id,
	struct str thread_id, int64_t position) REQUIRES(on_writer)
{
	if (thread_id.n > 0)
		return STATUS_OK;
	DB_QUERY(q, tx->db, &sql_rung_read);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, room_id);
	db_bind_int(q, 3, position);
	return db_run(q);
}

enum status push_queue_read(struct db_tx *tx, struct str user_id, struct str room_id,
	struct str thread_id, int64_t position)
{
	bool all = thread_id.p == NULL;
	{
		DB_QUERY(q, tx->db, all ? &sql_read_all : &sql_read_thread);
		db_bind_str(q, 1, user_id);
		db_bind_str(q, 2, room_id);
		db_bind_int(q, 3, position);
		if (!all)
			db_bind_str(q, 4, thread_id);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	enum status status = read_calls(tx, user_id, room_id, thread_id, position);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_badge_read);
	db_bind_str(q, 1, user_id);
	return db_run(q);
}

enum status push_badge_get(struct db *db, const struct pusher_key *pusher, struct push_badge *out)
{
	DB_QUERY(q, db, &sql_badge);
	bind_pusher(q, pusher);
	enum status status = db_first(q);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	*out = status == STATUS_OK ? (struct push_badge){db_col_int(q, 0), db_col_int(q, 1)}
				   : (struct push_badge){0};
	return STATUS_OK;
}

enum status push_badge_told(
	struct db_tx *tx, const struct pusher_key *pusher, int64_t unread, int64_t reads)
{
	DB_QUERY(q, tx->db, &sql_badge_told);
	bind_pusher(q, pusher);
	db_bind_int(q, 4, unread);
	db_bind_int(q, 5, reads);
	return db_run(q);
}

enum status rung_call_add(struct db_tx *tx, const struct rung_call *call)
{
	DB_QUERY(q, tx->db, &sql_rung);
	db_bind_str(q, 1, call->user_id);
	db_bind_str(q, 2, call->room_id);
	db_bind_int(q, 3, call->position);
	db_bind_str(q, 4, call->call_id);
	db_bind_int(q, 5, call->missed_ts);
	return db_run(q);
}

enum status rung_call_taken(
	struct db_tx *tx, struct str user_id, struct str room_id, struct str call_id)
{
	DB_QUERY(q, tx->db, &sql_taken);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, room_id);
	db_bind_str(q, 3, call_id);
	return db_run(q);
}

enum status rung_call_ended(struct db_tx *tx, struct str room_id, struct str call_id, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_ended);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, call_id);
	db_bind_int(q, 3, now);
	return db_run(q);
}

enum status rung_calls_missed(struct db *db, struct str user_id, int64_t now, int64_t *out)
{
	DB_QUERY(q, db, &sql_missed);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, now);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}
