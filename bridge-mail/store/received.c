/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/received.h"

DB_SQL(sql_named_find, "SELECT thread_id FROM named_threads WHERE mailbox_id = ?1 AND kind = ?2"
		       " AND name = ?3");
DB_SQL(sql_named_put, "INSERT INTO named_threads (mailbox_id, kind, name, thread_id)"
		      " VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_named_is, "SELECT 1 FROM named_threads WHERE thread_id = ?1 AND kind = ?2");
DB_SQL(sql_is_conversation, "SELECT 1 FROM threads WHERE thread_id = ?1 AND merged_into IS NULL"
			    " AND NOT EXISTS (SELECT 1 FROM named_threads WHERE thread_id = ?1)"
			    " AND NOT EXISTS (SELECT 1 FROM linked_rooms WHERE thread_id = ?1)");

DB_SQL(sql_quarantine_put, "INSERT INTO quarantine (delivery_id, reason, detail, at)"
			   " VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_quarantine_get, "SELECT reason, detail, at, released_by FROM quarantine"
			   " WHERE delivery_id = ?1");
DB_SQL(sql_release, "UPDATE quarantine SET released_by = ?3 WHERE delivery_id = ?1"
		    " AND released_by = '' AND EXISTS (SELECT 1 FROM deliveries"
		    " WHERE delivery_id = ?1 AND thread_id = ?2)");
DB_SQL(sql_adopt, "INSERT INTO quarantine (delivery_id, reason, detail, at)"
		  " VALUES (?1, 3, ?2, ?3) ON CONFLICT (delivery_id) DO UPDATE SET reason = 3,"
		  " detail = excluded.detail, released_by = '' WHERE released_by <> ''");
DB_SQL(sql_release_posts, "DELETE FROM posts WHERE delivery_id = ?1");
DB_SQL(sql_release_delivery,
	"UPDATE deliveries SET state = 0, thread_id = NULL, message_id = NULL, content_key = NULL,"
	" attempts = 0, next_try_at = 0, reason = NULL WHERE delivery_id = ?1");

DB_SQL(sql_merge_put, "INSERT INTO thread_merges (from_thread, into_thread) VALUES (?1, ?2)"
		      " ON CONFLICT (from_thread) DO NOTHING");
/* One without a room has nobody to be told, yet. */
DB_SQL(sql_merge_untold, "SELECT m.from_thread, m.into_thread FROM thread_merges m"
			 " JOIN threads t ON t.thread_id = m.from_thread WHERE m.told = 0"
			 " AND t.room_id IS NOT NULL ORDER BY m.from_thread LIMIT 1");
DB_SQL(sql_merge_told, "UPDATE thread_merges SET told = 1 WHERE from_thread = ?1");

enum status named_thread_find(struct db *db, int64_t mailbox_id, enum named_kind kind,
	struct str name, int64_t *thread_id_out)
{
	DB_QUERY(q, db, &sql_named_find);
	db_bind_int(q, 1, mailbox_id);
	db_bind_int(q, 2, kind);
	db_bind_str(q, 3, name);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*thread_id_out = db_col_int(q, 0);
	return status;
}

enum status named_thread_put(struct db_tx *tx, int64_t mailbox_id, enum named_kind kind,
	struct str name, int64_t thread_id)
{
	DB_QUERY(q, tx->db, &sql_named_put);
	db_bind_int(q, 1, mailbox_id);
	db_bind_int(q, 2, kind);
	db_bind_str(q, 3, name);
	db_bind_int(q, 4, thread_id);
	return db_run(q);
}

static enum status exists(struct db_query *q, bool *out)
{
	enum status status = db_first(q);
	*out = status == STATUS_OK;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status named_thread_is(struct db *db, int64_t thread_id, enum named_kind kind, bool *out)
{
	DB_QUERY(q, db, &sql_named_is);
	db_bind_int(q, 1, thread_id);
	db_bind_int(q, 2, kind);
	return exists(q, out);
}

enum status thread_is_conversation(struct db *db, int64_t thread_id, bool *out)
{
	DB_QUERY(q, db, &sql_is_conversation);
	db_bind_int(q, 1, thread_id);
	return exists(q, out);
}

enum status quarantine_put(struct db_tx *tx, const struct quarantine_row *row)
{
	DB_QUERY(q, tx->db, &sql_quarantine_put);
	db_bind_int(q, 1, row->delivery_id);
	db_bind_int(q, 2, row->reason);
	db_bind_str(q, 3, row->detail.p == NULL ? STR("") : row->detail);
	db_bind_int(q, 4, row->at);
	return db_run(q);
}

enum status quarantine_get(
	struct db *db, int64_t delivery_id, struct arena *arena, struct quarantine_row *out)
{
	DB_QUERY(q, db, &sql_quarantine_get);
	db_bind_int(q, 1, delivery_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct quarantine_row){
			.delivery_id = delivery_id,
			.reason = (enum quarantine_reason)db_col_int(q, 0),
			.detail = db_col_dup(q, 1, arena),
			.at = db_col_int(q, 2),
			.released = db_col_str(q, 3).n > 0,
		};
	return status;
}

static enum status run1(struct db_tx *tx, const struct db_sql *sql, int64_t a) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_int(q, 1, a);
	return db_run(q);
}

static enum status start_again(struct db_tx *tx, int64_t delivery_id) REQUIRES(on_writer)
{
	enum status status = run1(tx, &sql_release_posts, delivery_id);
	return status == STATUS_OK ? run1(tx, &sql_release_delivery, delivery_id) : status;
}

enum status quarantine_adopt(
	struct db_tx *tx, int64_t delivery_id, struct str detail, int64_t at, bool *adopted_out)
{
	DB_QUERY(q, tx->db, &sql_adopt);
	db_bind_int(q, 1, delivery_id);
	db_bind_str(q, 2, detail.p == NULL ? STR("") : detail);
	db_bind_int(q, 3, at);
	enum status status = db_run(q);
	*adopted_out = status == STATUS_OK && db_changes(tx->db) > 0;
	return *adopted_out ? start_again(tx, delivery_id) : status;
}

enum status quarantine_release(
	struct db_tx *tx, int64_t delivery_id, int64_t thread_id, struct str user_id)
{
	DB_QUERY(q, tx->db, &sql_release);
	db_bind_int(q, 1, delivery_id);
	db_bind_int(q, 2, thread_id);
	db_bind_str(q, 3, user_id);
	enum status status = db_run(q);
	if (status == STATUS_OK && db_changes(tx->db) == 0)
		status = STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		status = start_again(tx, delivery_id);
	return status;
}

enum status merge_put(struct db_tx *tx, const struct thread_merge_row *row)
{
	DB_QUERY(q, tx->db, &sql_merge_put);
	db_bind_int(q, 1, row->from_thread);
	db_bind_int(q, 2, row->into_thread);
	return db_run(q);
}

enum status merge_next_untold(struct db *db, struct thread_merge_row *out)
{
	DB_QUERY(q, db, &sql_merge_untold);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct thread_merge_row){db_col_int(q, 0), db_col_int(q, 1)};
	return status;
}

enum status merge_set_told(struct db_tx *tx, int64_t from_thread)
{
	return run1(tx, &sql_merge_told, from_thread);
}
