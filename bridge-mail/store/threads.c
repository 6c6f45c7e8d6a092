/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/threads.h"

DB_SQL(sql_add, "INSERT INTO threads (mailbox_id, token, subject, base_subject, thread_index,"
		" created_at, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
DB_SQL(sql_set_room, "UPDATE threads SET room_id = ?2 WHERE thread_id = ?1");
DB_SQL(sql_touch, "UPDATE threads SET last_at = max(last_at, ?2) WHERE thread_id = ?1");

#define THREAD_COLUMNS                                                                       \
	"SELECT thread_id, mailbox_id, token, room_id, subject, base_subject, thread_index," \
	" created_at, last_at FROM threads "
DB_SQL(sql_get, THREAD_COLUMNS "WHERE thread_id = ?1");
DB_SQL(sql_by_room, THREAD_COLUMNS "WHERE room_id = ?1");
/* What was merged is the thread that it was merged into. */
DB_SQL(sql_by_token,
	THREAD_COLUMNS "WHERE thread_id = (SELECT ifnull(merged_into, thread_id) FROM threads"
		       " WHERE token = ?1)");
DB_SQL(sql_by_index,
	THREAD_COLUMNS "WHERE thread_id = (SELECT ifnull(merged_into, thread_id) FROM threads"
		       " WHERE mailbox_id = ?1 AND thread_index = ?2"
		       " AND thread_index IS NOT NULL ORDER BY thread_id DESC LIMIT 1)");
DB_SQL(sql_by_subject, THREAD_COLUMNS "WHERE mailbox_id = ?1 AND base_subject = ?2"
				      " AND last_at >= ?3 AND merged_into IS NULL"
				      " ORDER BY last_at DESC LIMIT ?4");

DB_SQL(sql_participant_put,
	"INSERT INTO participants (thread_id, address, name, reply_to, role)"
	" SELECT ?1, ?2, ?3, ?4, ?5 WHERE"
	" (SELECT count(*) FROM participants WHERE thread_id = ?1) < ?6"
	" OR EXISTS (SELECT 1 FROM participants WHERE thread_id = ?1 AND address = ?2)"
	" ON CONFLICT (thread_id, address) DO UPDATE SET"
	" name = CASE WHEN name = '' OR excluded.role = 0 AND excluded.name <> ''"
	"  THEN excluded.name ELSE name END,"
	" reply_to = CASE WHEN excluded.role = 0 THEN excluded.reply_to ELSE reply_to END,"
	" role = min(role, excluded.role)");
DB_SQL(sql_participants, "SELECT address, name, reply_to, role FROM participants"
			 " WHERE thread_id = ?1 ORDER BY role, address");
DB_SQL(sql_participant_is, "SELECT 1 FROM participants WHERE thread_id = ?1 AND address = ?2");

enum status threads_add(struct db_tx *tx, const struct thread *thread, int64_t *thread_id_out)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_int(q, 1, thread->mailbox_id);
	db_bind_str(q, 2, thread->token);
	db_bind_str(q, 3, thread->subject.p == NULL ? STR("") : thread->subject);
	db_bind_str(q, 4, thread->base_subject.p == NULL ? STR("") : thread->base_subject);
	if (thread->thread_index.n == THREAD_INDEX_BYTES)
		db_bind_blob(q, 5, thread->thread_index);
	else
		db_bind_null(q, 5);
	db_bind_int(q, 6, thread->created_at);
	db_bind_int(q, 7, thread->last_at);
	enum status status = db_run(q);
	if (status == STATUS_OK)
		*thread_id_out = db_last_row_id(tx->db);
	return status;
}

enum status threads_set_room(struct db_tx *tx, int64_t thread_id, struct str room_id)
{
	DB_QUERY(q, tx->db, &sql_set_room);
	db_bind_int(q, 1, thread_id);
	db_bind_str(q, 2, room_id);
	return db_run(q);
}

enum status threads_touch(struct db_tx *tx, int64_t thread_id, int64_t at)
{
	DB_QUERY(q, tx->db, &sql_touch);
	db_bind_int(q, 1, thread_id);
	db_bind_int(q, 2, at);
	return db_run(q);
}

static void read_row(struct db_query *q, struct arena *arena, struct thread *out)
{
	*out = (struct thread){
		.thread_id = db_col_int(q, 0),
		.mailbox_id = db_col_int(q, 1),
		.token = db_col_dup(q, 2, arena),
		.room_id = db_col_dup(q, 3, arena),
		.subject = db_col_dup(q, 4, arena),
		.base_subject = db_col_dup(q, 5, arena),
		.thread_index = arena_str(arena, db_col_blob(q, 6)),
		.created_at = db_col_int(q, 7),
		.last_at = db_col_int(q, 8),
	};
}

static enum status read_first(struct db_query *q, struct arena *arena, struct thread *out)
{
	enum status status = db_first(q);
	if (status == STATUS_OK)
		read_row(q, arena, out);
	return status;
}

enum status threads_get(struct db *db, int64_t thread_id, struct arena *arena, struct thread *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_int(q, 1, thread_id);
	return read_first(q, arena, out);
}

enum status threads_by_room(
	struct db *db, struct str room_id, struct arena *arena, struct thread *out)
{
	DB_QUERY(q, db, &sql_by_room);
	db_bind_str(q, 1, room_id);
	return read_first(q, arena, out);
}

enum status threads_by_token(
	struct db *db, struct str token, struct arena *arena, struct thread *out)
{
	DB_QUERY(q, db, &sql_by_token);
	db_bind_str(q, 1, token);
	return read_first(q, arena, out);
}

enum status threads_by_index(struct db *db, int64_t mailbox_id, struct str thread_index,
	struct arena *arena, struct thread *out)
{
	DB_QUERY(q, db, &sql_by_index);
	db_bind_int(q, 1, mailbox_id);
	db_bind_blob(q, 2, thread_index);
	return read_first(q, arena, out);
}

enum status threads_by_subject(struct db *db, int64_t mailbox_id, struct str base_subject,
	int64_t since, struct arena *arena, struct thread **list_out, size_t *count_out)
{
	struct thread *list = ARENA_ARRAY(arena, struct thread, THREAD_MAX_CANDIDATES);
	size_t count = 0;
	DB_QUERY(q, db, &sql_by_subject);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, base_subject);
	db_bind_int(q, 3, since);
	db_bind_int(q, 4, THREAD_MAX_CANDIDATES);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW && count < THREAD_MAX_CANDIDATES)
		read_row(q, arena, &list[count++]);
	if (step == DB_ERROR)
		return STATUS_IO;
	*list_out = list;
	*count_out = count;
	return STATUS_OK;
}

enum status participant_put(
	struct db_tx *tx, int64_t thread_id, const struct participant *participant)
{
	bool has_reply_to = participant->reply_to.n > 0;
	DB_QUERY(q, tx->db, &sql_participant_put);
	db_bind_int(q, 1, thread_id);
	db_bind_str(q, 2, participant->address);
	db_bind_str(q, 3, participant->name.p == NULL ? STR("") : participant->name);
	db_bind_str(q, 4, has_reply_to ? participant->reply_to : participant->address);
	db_bind_int(q, 5, participant->role);
	db_bind_int(q, 6, THREAD_MAX_PARTICIPANTS);
	return db_run(q);
}

enum status participants_of(struct db *db, int64_t thread_id, struct arena *arena,
	struct participant **list_out, size_t *count_out)
{
	struct participant *list =
		ARENA_ARRAY(arena, struct participant, THREAD_MAX_PARTICIPANTS + 1);
	size_t count = 0;
	DB_QUERY(q, db, &sql_participants);
	db_bind_int(q, 1, thread_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW && count < THREAD_MAX_PARTICIPANTS)
		list[count++] = (struct participant){
			.address = db_col_dup(q, 0, arena),
			.name = db_col_dup(q, 1, arena),
			.reply_to = db_col_dup(q, 2, arena),
			.role = (enum participant_role)db_col_int(q, 3),
		};
	if (step == DB_ERROR)
		return STATUS_IO;
	*list_out = list;
	*count_out = count;
	return STATUS_OK;
}

enum status participant_is(struct db *db, int64_t thread_id, struct str address, bool *out)
{
	DB_QUERY(q, db, &sql_participant_is);
	db_bind_int(q, 1, thread_id);
	db_bind_str(q, 2, address);
	enum status status = db_first(q);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	*out = status == STATUS_OK;
	return STATUS_OK;
}
