/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/thread_state.h"

DB_SQL(sql_get, "SELECT closed, assigned_to, ifnull(merged_into, 0) FROM threads"
		" WHERE thread_id = ?1");
DB_SQL(sql_close, "UPDATE threads SET closed = ?2, unshown = 1 WHERE thread_id = ?1");
DB_SQL(sql_assign, "UPDATE threads SET assigned_to = ?2, unshown = 1 WHERE thread_id = ?1");
DB_SQL(sql_open_again,
	"UPDATE threads SET closed = 0, unshown = 1 WHERE thread_id = ?1 AND closed = 1"
	" AND merged_into IS NULL");

DB_SQL(sql_merge_events,
	"UPDATE message_events SET thread_id = ?2 WHERE (mailbox_id, message_id) IN"
	" (SELECT mailbox_id, message_id FROM messages WHERE thread_id = ?1)");
DB_SQL(sql_merge_messages, "UPDATE messages SET thread_id = ?2 WHERE thread_id = ?1");
DB_SQL(sql_merge_deliveries, "UPDATE deliveries SET thread_id = ?2 WHERE thread_id = ?1");
DB_SQL(sql_merge_participants,
	"INSERT INTO participants (thread_id, address, name, reply_to, role)"
	" SELECT ?2, address, name, reply_to, role FROM participants WHERE thread_id = ?1"
	" ON CONFLICT (thread_id, address) DO UPDATE SET role = min(role, excluded.role)");
DB_SQL(sql_merge_into, "UPDATE threads SET unshown = 1, closed = 0, last_at = max(last_at,"
		       " (SELECT last_at FROM threads WHERE thread_id = ?1)) WHERE thread_id = ?2");
DB_SQL(sql_merge_from, "UPDATE threads SET merged_into = ?2, closed = 1, unshown = 0"
		       " WHERE thread_id = ?1");
DB_SQL(sql_merge_earlier, "UPDATE threads SET merged_into = ?2 WHERE merged_into = ?1");

DB_SQL(sql_split_messages, "WITH RECURSIVE moved (id) AS (VALUES (?2) UNION SELECT m.message_id"
			   " FROM moved JOIN messages m ON m.thread_id = ?1"
			   " AND instr(' ' || m.refs || ' ', ' ' || moved.id || ' ') > 0)"
			   " UPDATE messages SET thread_id = ?3 WHERE thread_id = ?1"
			   " AND message_id IN (SELECT id FROM moved)");
DB_SQL(sql_seen, "SELECT 1 FROM messages WHERE thread_id = ?1 AND seen = 1 LIMIT 1");
DB_SQL(sql_split_events, "UPDATE message_events SET thread_id = ?2 WHERE thread_id = ?1 AND"
			 " (mailbox_id, message_id) IN"
			 " (SELECT mailbox_id, message_id FROM messages WHERE thread_id = ?2)");
DB_SQL(sql_split_deliveries,
	"UPDATE deliveries SET thread_id = ?2, state = 1, attempts = 0, next_try_at = 0"
	" WHERE thread_id = ?1 AND state IN (1, 2) AND message_id IN"
	" (SELECT message_id FROM messages WHERE thread_id = ?2)");
/* A new id: what was sent under the old one stands in the other room. */
DB_SQL(sql_split_posts,
	"UPDATE posts SET state = 0, txn_id = substr(txn_id, 1, 43) || '-' || ?1"
	" WHERE delivery_id IN (SELECT delivery_id FROM deliveries WHERE thread_id = ?1)");
DB_SQL(sql_split_participants,
	"INSERT INTO participants (thread_id, address, name, reply_to, role)"
	" SELECT ?2, address, name, reply_to, role FROM participants WHERE thread_id = ?1"
	" AND address IN (SELECT lower(sender) FROM messages WHERE thread_id = ?2)"
	" ON CONFLICT (thread_id, address) DO NOTHING");

DB_SQL(sql_move, "UPDATE threads SET mailbox_id = ?2, unshown = 1 WHERE thread_id = ?1");
DB_SQL(sql_move_messages,
	"INSERT INTO messages (mailbox_id, message_id, thread_id, seen, outgoing, sender, refs, at)"
	" SELECT ?2, message_id, thread_id, seen, outgoing, sender, refs, at FROM messages"
	" WHERE thread_id = ?1 ON CONFLICT (mailbox_id, message_id) DO NOTHING");

DB_SQL(sql_next_unshown, "SELECT thread_id FROM threads WHERE unshown = 1"
			 " AND room_id IS NOT NULL ORDER BY thread_id LIMIT 1");
DB_SQL(sql_set_shown, "UPDATE threads SET unshown = 0 WHERE thread_id = ?1 AND closed = ?2"
		      " AND assigned_to = ?3 AND ifnull(merged_into, 0) = ?4");
DB_SQL(sql_open, "SELECT thread_id, subject, assigned_to, room_id FROM threads"
		 " WHERE mailbox_id = ?1 AND closed = 0 AND room_id IS NOT NULL"
		 " ORDER BY last_at DESC LIMIT ?2");
DB_SQL(sql_open_count, "SELECT count(*) FROM threads WHERE mailbox_id = ?1 AND closed = 0"
		       " AND room_id IS NOT NULL");

static enum status run1(struct db_tx *tx, const struct db_sql *sql, int64_t a) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_int(q, 1, a);
	return db_run(q);
}

static enum status run2(struct db_tx *tx, const struct db_sql *sql, int64_t a, int64_t b)
	REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_int(q, 1, a);
	db_bind_int(q, 2, b);
	return db_run(q);
}

enum status thread_state_get(
	struct db *db, int64_t thread_id, struct arena *arena, struct thread_state *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_int(q, 1, thread_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct thread_state){
			.closed = db_col_bool(q, 0),
			.assigned_to = db_col_dup(q, 1, arena),
			.merged_into = db_col_int(q, 2),
		};
	return status;
}

enum status thread_set_closed(struct db_tx *tx, int64_t thread_id, bool closed)
{
	return run2(tx, &sql_close, thread_id, closed ? 1 : 0);
}

enum status thread_set_assigned(struct db_tx *tx, int64_t thread_id, struct str user_id)
{
	DB_QUERY(q, tx->db, &sql_assign);
	db_bind_int(q, 1, thread_id);
	db_bind_str(q, 2, user_id.p == NULL ? STR("") : user_id);
	return db_run(q);
}

enum status thread_open_again(struct db_tx *tx, int64_t thread_id, bool *opened_out)
{
	enum status status = run1(tx, &sql_open_again, thread_id);
	*opened_out = status == STATUS_OK && db_changes(tx->db) > 0;
	return status;
}

enum status thread_merge(struct db_tx *tx, int64_t from, int64_t into)
{
	static const struct db_sql *const steps[] = {&sql_merge_events, &sql_merge_messages,
		&sql_merge_deliveries, &sql_merge_participants, &sql_merge_into, &sql_merge_from,
		&sql_merge_earlier};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && status == STATUS_OK; i++)
		status = run2(tx, steps[i], from, into);
	return status;
}

static enum status split_messages(
	struct db_tx *tx, int64_t from, struct str message_id, int64_t into) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_split_messages);
	db_bind_int(q, 1, from);
	db_bind_str(q, 2, message_id);
	db_bind_int(q, 3, into);
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	if (db_changes(tx->db) == 0)
		return STATUS_NOT_FOUND;
	DB_QUERY(left, tx->db, &sql_seen);
	db_bind_int(left, 1, from);
	status = db_first(left);
	return status == STATUS_NOT_FOUND ? STATUS_CONFLICT : status;
}

enum status thread_split(struct db_tx *tx, int64_t from, struct str message_id, int64_t into)
{
	enum status status = split_messages(tx, from, message_id, into);
	if (status == STATUS_OK)
		status = run2(tx, &sql_split_events, from, into);
	if (status == STATUS_OK)
		status = run2(tx, &sql_split_deliveries, from, into);
	if (status == STATUS_OK)
		status = run1(tx, &sql_split_posts, into);
	if (status == STATUS_OK)
		status = run2(tx, &sql_split_participants, from, into);
	return status;
}

enum status thread_move(struct db_tx *tx, int64_t thread_id, int64_t mailbox_id)
{
	enum status status = run2(tx, &sql_move, thread_id, mailbox_id);
	return status == STATUS_OK ? run2(tx, &sql_move_messages, thread_id, mailbox_id) : status;
}

enum status thread_next_unshown(struct db *db, int64_t *thread_id_out)
{
	DB_QUERY(q, db, &sql_next_unshown);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*thread_id_out = db_col_int(q, 0);
	return status;
}

enum status thread_set_shown(struct db_tx *tx, int64_t thread_id, const struct thread_state *shown)
{
	DB_QUERY(q, tx->db, &sql_set_shown);
	db_bind_int(q, 1, thread_id);
	db_bind_bool(q, 2, shown->closed);
	db_bind_str(q, 3, shown->assigned_to);
	db_bind_int(q, 4, shown->merged_into);
	return db_run(q);
}

enum status threads_open(struct db *db, int64_t mailbox_id, struct arena *arena,
	struct open_thread **list_out, size_t *count_out, int64_t *total_out)
{
	struct open_thread *list = ARENA_ARRAY(arena, struct open_thread, THREADS_OPEN_MAX);
	DB_QUERY(total, db, &sql_open_count);
	db_bind_int(total, 1, mailbox_id);
	enum status status = db_first(total);
	if (status != STATUS_OK)
		return status;
	*total_out = db_col_int(total, 0);
	*list_out = list;
	*count_out = 0;
	DB_QUERY(q, db, &sql_open);
	db_bind_int(q, 1, mailbox_id);
	db_bind_int(q, 2, THREADS_OPEN_MAX);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW && *count_out < THREADS_OPEN_MAX)
		list[(*count_out)++] = (struct open_thread){
			.thread_id = db_col_int(q, 0),
			.subject = db_col_dup(q, 1, arena),
			.assigned_to = db_col_dup(q, 2, arena),
			.room_id = db_col_dup(q, 3, arena),
		};
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}
