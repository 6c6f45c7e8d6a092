/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/notice_store.h"

#include "homeserver/store/names.h"
#include "homeserver/store/notice_sql.h"

/* In the statements of a user and a room these are ?1 and ?2. */
#define USER NAME_ID("?1")
#define ROOM "(SELECT id FROM rooms WHERE room_id = ?2)"

/* How often a room's old notices are dropped: so seldom that it costs next to nothing. */
#define PRUNE_EVERY 64

DB_SQL(sql_add,
	"INSERT INTO room_notices (room, position, sender, thread_id, highlight, named, actions)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
DB_SQL(sql_prune, "DELETE FROM room_notices WHERE room = ?1 AND position <="
		  " (SELECT position FROM room_notices WHERE room = ?1 ORDER BY position DESC"
		  " LIMIT 1 OFFSET ?2)");
DB_SQL(sql_counts,
	"SELECT thread_id, count(*), sum(highlight) FROM"
	" (SELECT n.thread_id, n.highlight FROM memberships m CROSS JOIN room_notices n"
	" ON n.room = m.room WHERE m.room = " ROOM " AND m.user = " USER " AND m.membership = 2"
	" AND n.position > max(m.joined_since, " READ_ALL ") AND " NOTICE_CONCERNS
	" AND n.position > " READ_THREAD
	" AND NOT EXISTS (SELECT 1 FROM users u WHERE u.user_id = ?1"
	" AND u.appservice_id IS NOT NULL) ORDER BY n.position DESC LIMIT ?3) GROUP BY thread_id");
DB_SQL(sql_mark, "INSERT INTO read_marks (room, user, thread_id, event_position, position)"
		 " SELECT " ROOM ", " USER ", ?3, ?4, 0 WHERE " USER " IS NOT NULL"
		 " ON CONFLICT (room, user, thread_id)"
		 " DO UPDATE SET event_position = excluded.event_position"
		 " WHERE excluded.event_position > event_position");
DB_SQL(sql_marked, "UPDATE read_marks SET position = ?4 WHERE room = " ROOM " AND user = " USER
		   " AND thread_id = ?3");
DB_SQL(sql_clear, "DELETE FROM read_marks WHERE room = " ROOM " AND user = " USER);
DB_SQL(sql_own_set, "INSERT OR IGNORE INTO own_rules (user, position)"
		    " SELECT ?1, position FROM stream_position WHERE id = 1");
DB_SQL(sql_own_list, "SELECT n.name FROM memberships m CROSS JOIN own_rules o ON o.user = m.user"
		     " CROSS JOIN names n ON n.id = m.user"
		     " WHERE m.room = ?1 AND m.membership = 2");
DB_SQL(sql_end_marks, "DELETE FROM read_marks WHERE user = " USER " AND room IN"
		      " (SELECT room FROM memberships WHERE user = " USER ")");
DB_SQL(sql_end_own, "DELETE FROM own_rules WHERE user = " USER);

static struct str text_of(struct str text)
{
	return text.p == NULL ? STR("") : text;
}

static enum status prune(struct db_tx *tx, int64_t room_key)
{
	DB_QUERY(q, tx->db, &sql_prune);
	db_bind_int(q, 1, room_key);
	db_bind_int(q, 2, NOTICES_MAX);
	return db_run(q);
}

enum status notice_store_add(struct db_tx *tx, const struct notice *notice)
{
	int64_t sender = 0;
	enum status status = names_put(tx, notice->sender, &sender);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_int(q, 1, notice->room_key);
	db_bind_int(q, 2, notice->position);
	db_bind_int(q, 3, sender);
	db_bind_str(q, 4, text_of(notice->thread_id));
	db_bind_bool(q, 5, notice->highlight);
	db_bind_bool(q, 6, notice->named);
	db_bind_str(q, 7, notice->actions);
	status = db_run(q);
	if (status == STATUS_OK && notice->position % PRUNE_EVERY == 0)
		status = prune(tx, notice->room_key);
	return status;
}

static void count_in(struct arena *arena, struct unread_counts *counts, struct str thread_id,
	int64_t notifications, int64_t highlights)
{
	struct unread_count *count = NULL;
	for (size_t i = 0; i < counts->count && count == NULL; i++)
		if (str_eq(counts->items[i].thread_id, thread_id))
			count = &counts->items[i];
	if (count == NULL) {
		count = ROWS_ADD(arena, counts);
		count->thread_id = arena_str(arena, thread_id);
	}
	count->notifications += notifications;
	count->highlights += highlights;
	counts->notifications += notifications;
	counts->highlights += highlights;
}

enum status notice_store_counts(struct db *db, struct arena *arena, struct str user_id,
	struct str room_id, struct unread_counts *counts)
{
	DB_QUERY(q, db, &sql_counts);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, room_id);
	db_bind_int(q, 3, NOTICES_MAX);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		count_in(arena, counts, db_col_str(q, 0), db_col_int(q, 1), db_col_int(q, 2));
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

static enum status mark_write(
	struct db_tx *tx, const struct db_sql *sql, const struct unread_mark *mark, int64_t value)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, mark->user_id);
	db_bind_str(q, 2, mark->room_id);
	db_bind_str(q, 3, mark->thread_id.p == NULL ? STR("*") : mark->thread_id);
	db_bind_int(q, 4, value);
	return db_run(q);
}

enum status notice_store_read(struct db_tx *tx, const struct unread_mark *mark, bool *changed_out)
{
	struct unread_counts before = {0}, after = {0};
	enum status status =
		notice_store_counts(tx->db, tx->arena, mark->user_id, mark->room_id, &before);
	if (status == STATUS_OK)
		status = mark_write(tx, &sql_mark, mark, mark->event_position);
	/* What had nothing unread has nothing unread. */
	if (status != STATUS_OK || before.notifications == 0)
		return status;
	status = notice_store_counts(tx->db, tx->arena, mark->user_id, mark->room_id, &after);
	if (status != STATUS_OK || after.notifications == before.notifications)
		return status;
	*changed_out = true;
	return mark_write(tx, &sql_marked, mark, mark->position);
}

enum status notice_store_sent(struct db_tx *tx, const struct unread_mark *mark)
{
	return mark_write(tx, &sql_mark, mark, mark->event_position);
}

enum status notice_store_clear(struct db_tx *tx, struct str user_id, struct str room_id)
{
	DB_QUERY(q, tx->db, &sql_clear);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, room_id);
	return db_run(q);
}

enum status notice_store_set_own(struct db_tx *tx, struct str user_id)
{
	int64_t user = 0;
	enum status status = names_put(tx, user_id, &user);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_own_set);
	db_bind_int(q, 1, user);
	return db_run(q);
}

enum status notice_store_own(
	struct db *db, struct arena *arena, int64_t room_key, struct str_list *out)
{
	DB_QUERY(q, db, &sql_own_list);
	db_bind_int(q, 1, room_key);
	enum db_step step;
	*out = (struct str_list){0};
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = db_col_dup(q, 0, arena);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

static enum status end(struct db_tx *tx, const struct db_sql *sql, struct str user_id)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, user_id);
	return db_run(q);
}

enum status notice_store_user_delete(struct db_tx *tx, struct str user_id)
{
	enum status status = end(tx, &sql_end_marks, user_id);
	return status == STATUS_OK ? end(tx, &sql_end_own, user_id) : status;
}
