/* SPDX-License-Identifier: Apache-2.0 */
/* Unread events and their counts of push_store.h. */
#include "homeserver/store/notice_sql.h"
#include "homeserver/store/notice_store.h"
#include "homeserver/store/push_store.h"

/* The numbers of a user and a room: ?1 and ?2 in all statements here. */
#define USER "(SELECT id FROM names WHERE name = ?1)"
#define ROOM "(SELECT id FROM rooms WHERE room_id = ?2)"
#define HERE " WHERE room = " ROOM " AND user = " USER

DB_SQL(sql_counts, "SELECT thread_id, notifications, highlights FROM unread_counts" HERE);
#define CHANGED_IN(table)                                                          \
	"SELECT r.room_id FROM " table " c JOIN rooms r ON r.id = c.room WHERE c." \
	"user = " USER " AND c.position > 0 AND c.position > ?2 AND c.position <= ?3"
DB_SQL(sql_changed, CHANGED_IN("unread_counts") " UNION " CHANGED_IN("read_marks"));
DB_SQL(sql_add, "INSERT INTO notified_events (room, user, position, thread_id, highlight, actions)"
		" VALUES (" ROOM ", " USER ", ?3, ?4, ?5, ?6)");
DB_SQL(sql_count_up,
	"INSERT INTO unread_counts (room, user, thread_id, notifications, highlights, position)"
	" VALUES (" ROOM ", " USER ", ?3, 1, ?4, 0) ON CONFLICT (room, user, thread_id)"
	" DO UPDATE SET notifications = notifications + 1, highlights = highlights +"
	" excluded.highlights RETURNING notifications");
DB_SQL(sql_prune, "DELETE FROM notified_events" HERE " AND read = ?3 AND position <="
		  " (SELECT position FROM notified_events" HERE
		  " AND read = ?3 ORDER BY position DESC LIMIT 1 OFFSET ?4)");
DB_SQL(sql_read_all, "UPDATE notified_events SET read = 1" HERE " AND position <= ?3 AND read = 0");
DB_SQL(sql_read_thread, "UPDATE notified_events SET read = 1" HERE
			" AND position <= ?3 AND read = 0 AND thread_id = ?4");
DB_SQL(sql_sum, "SELECT count(*), coalesce(sum(highlight), 0) FROM notified_events" HERE
		" AND thread_id = ?3 AND read = 0");
DB_SQL(sql_sum_put, "UPDATE unread_counts SET notifications = ?4, highlights = ?5,"
		    " position = ?6" HERE " AND thread_id = ?3");
DB_SQL(sql_clear_events, "DELETE FROM notified_events" HERE);
DB_SQL(sql_clear_counts, "DELETE FROM unread_counts" HERE);
/* membership 1: invite, 2: join. Rooms one after the other: most have nothing unread. */
DB_SQL(sql_total, "SELECT coalesce(sum(CASE m.membership WHEN 1 THEN 1 ELSE"
		  " (SELECT coalesce(sum(c.notifications), 0) FROM unread_counts c"
		  " WHERE c.room = m.room AND c.user = m.user)"
		  " + (SELECT count(*) FROM (SELECT 1 FROM room_notices n WHERE n.room = m.room"
		  " AND n.position > max(m.joined_since, " READ_ALL ") AND " NOTICE_CONCERNS
		  " AND n.position > " READ_THREAD
		  " AND NOT EXISTS (SELECT 1 FROM users u WHERE u.user_id = ?1"
		  " AND u.appservice_id IS NOT NULL) LIMIT ?2)) END), 0)"
		  " FROM memberships m WHERE m.user = " USER " AND m.membership IN (1, 2)");
DB_SQL(sql_list, "SELECT r.room_id, e.thread_id, e.position AS position, e.highlight, e.actions,"
		 " e.read FROM memberships m JOIN notified_events e"
		 " ON e.room = m.room AND e.user = m.user"
		 " JOIN rooms r ON r.id = m.room WHERE m.user = " USER " AND m.membership = 2"
		 " AND e.position < ?2 AND e.highlight >= ?3 UNION ALL"
		 " SELECT r.room_id, n.thread_id, n.position, n.highlight, n.actions,"
		 " n.position <= " READ_ALL " OR n.position <= " READ_THREAD
		 " FROM memberships m CROSS JOIN room_notices n ON n.room = m.room"
		 " AND n.position > m.joined_since AND n.position < ?2"
		 " JOIN rooms r ON r.id = m.room WHERE m.user = " USER " AND m.membership = 2"
		 " AND n.highlight >= ?3 AND " NOTICE_CONCERNS " ORDER BY position DESC LIMIT ?4");

static void bind_room(struct db_query *q, struct str user_id, struct str room_id)
{
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, room_id);
}

/* Of what is counted for this user alone. */
MUST_CHECK static enum status own_counts(struct db *db, struct arena *arena, struct str user_id,
	struct str room_id, struct unread_counts *out)
{
	struct unread_counts list = {0};
	DB_QUERY(q, db, &sql_counts);
	bind_room(q, user_id, room_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW) {
		if (db_col_int(q, 1) == 0)
			continue;
		struct unread_count *count = ROWS_ADD(arena, &list);
		*count = (struct unread_count){.thread_id = db_col_dup(q, 0, arena),
			.notifications = db_col_int(q, 1),
			.highlights = db_col_int(q, 2)};
		list.notifications += count->notifications;
		list.highlights += count->highlights;
	}
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status push_store_counts(struct db *db, struct arena *arena, struct str user_id,
	struct str room_id, struct unread_counts *out)
{
	enum status status = own_counts(db, arena, user_id, room_id, out);
	if (status == STATUS_OK)
		status = notice_store_counts(db, arena, user_id, room_id, out);
	return status;
}

enum status push_store_total(struct db *db, struct str user_id, int64_t *out)
{
	DB_QUERY(q, db, &sql_total);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, NOTICES_MAX);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}

enum status push_store_counts_changed(struct db *db, struct arena *arena, struct str user_id,
	int64_t after, int64_t upto, struct str_list *out)
{
	struct str_list list = {0};
	DB_QUERY(q, db, &sql_changed);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, after);
	db_bind_int(q, 3, upto);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = db_col_dup(q, 0, arena);
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

/* Leaves the newest of what is read, or not. */
MUST_CHECK static enum status prune(
	struct db_tx *tx, struct str user_id, struct str room_id, bool read, int64_t kept)
{
	DB_QUERY(q, tx->db, &sql_prune);
	bind_room(q, user_id, room_id);
	db_bind_bool(q, 3, read);
	db_bind_int(q, 4, kept);
	return db_run(q);
}

enum status push_store_unread_add(struct db_tx *tx, const struct unread_event *event)
{
	{
		DB_QUERY(q, tx->db, &sql_add);
		bind_room(q, event->user_id, event->room_id);
		db_bind_int(q, 3, event->position);
		db_bind_str(q, 4, event->thread_id.p == NULL ? STR("") : event->thread_id);
		db_bind_bool(q, 5, event->highlight);
		db_bind_str(q, 6, event->actions);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	int64_t notifications;
	{
		DB_QUERY(q, tx->db, &sql_count_up);
		bind_room(q, event->user_id, event->room_id);
		db_bind_str(q, 3, event->thread_id.p == NULL ? STR("") : event->thread_id);
		db_bind_int(q, 4, event->highlight ? 1 : 0);
		enum status status = db_first(q);
		if (status != STATUS_OK)
			return status;
		notifications = db_col_int(q, 0);
	}
	/* Now and then, so that it costs nothing. */
	if (notifications % UNREAD_EVENTS_MAX != 0)
		return STATUS_OK;
	return prune(tx, event->user_id, event->room_id, false, UNREAD_EVENTS_MAX);
}

/* Counts one thread anew; says whether that made a difference. */
MUST_CHECK static enum status recount(struct db_tx *tx, const struct unread_mark *mark,
	const struct unread_count *before, bool *changed_out)
{
	int64_t notifications;
	int64_t highlights;
	{
		DB_QUERY(q, tx->db, &sql_sum);
		bind_room(q, mark->user_id, mark->room_id);
		db_bind_str(q, 3, before->thread_id);
		enum status status = db_first(q);
		if (status != STATUS_OK)
			return status;
		notifications = db_col_int(q, 0);
		highlights = db_col_int(q, 1);
	}
	if (notifications == before->notifications && highlights == before->highlights)
		return STATUS_OK;
	*changed_out = true;
	DB_QUERY(q, tx->db, &sql_sum_put);
	bind_room(q, mark->user_id, mark->room_id);
	db_bind_str(q, 3, before->thread_id);
	db_bind_int(q, 4, notifications);
	db_bind_int(q, 5, highlights);
	db_bind_int(q, 6, mark->position);
	return db_run(q);
}

MUST_CHECK static enum status own_read(
	struct db_tx *tx, const struct unread_mark *mark, bool *changed_out)
{
	bool all = mark->thread_id.p == NULL;
	{
		DB_QUERY(q, tx->db, all ? &sql_read_all : &sql_read_thread);
		bind_room(q, mark->user_id, mark->room_id);
		db_bind_int(q, 3, mark->event_position);
		if (!all)
			db_bind_str(q, 4, mark->thread_id);
		enum status status = db_run(q);
		if (status != STATUS_OK || db_changes(tx->db) == 0)
			return status;
	}
	struct unread_counts counts;
	enum status status = own_counts(tx->db, tx->arena, mark->user_id, mark->room_id, &counts);
	for (size_t i = 0; i < counts.count && status == STATUS_OK; i++)
		if (all || str_eq(counts.items[i].thread_id, mark->thread_id))
			status = recount(tx, mark, &counts.items[i], changed_out);
	if (status != STATUS_OK)
		return status;
	return prune(tx, mark->user_id, mark->room_id, true, READ_EVENTS_MAX);
}

enum status push_store_read(struct db_tx *tx, const struct unread_mark *mark, bool *changed_out)
{
	*changed_out = false;
	enum status status = own_read(tx, mark, changed_out);
	return status == STATUS_OK ? notice_store_read(tx, mark, changed_out) : status;
}

enum status push_store_sent(struct db_tx *tx, const struct unread_mark *mark)
{
	bool changed = false;
	enum status status = own_read(tx, mark, &changed);
	return status == STATUS_OK ? notice_store_sent(tx, mark) : status;
}

enum status push_store_room_clear(struct db_tx *tx, struct str user_id, struct str room_id)
{
	{
		DB_QUERY(q, tx->db, &sql_clear_events);
		bind_room(q, user_id, room_id);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	DB_QUERY(q, tx->db, &sql_clear_counts);
	bind_room(q, user_id, room_id);
	enum status status = db_run(q);
	return status == STATUS_OK ? notice_store_clear(tx, user_id, room_id) : status;
}

enum status push_store_notifications(struct db *db, struct arena *arena, struct str user_id,
	int64_t before, bool highlights_only, size_t limit, struct unread_events *out)
{
	struct unread_events list = {0};
	DB_QUERY(q, db, &sql_list);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, before == 0 ? INT64_MAX : before);
	db_bind_int(q, 3, highlights_only ? 1 : 0);
	db_bind_int(q, 4, (int64_t)limit);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = (struct unread_event){
			.user_id = user_id,
			.room_id = db_col_dup(q, 0, arena),
			.thread_id = db_col_dup(q, 1, arena),
			.position = db_col_int(q, 2),
			.highlight = db_col_bool(q, 3),
			.actions = db_col_dup(q, 4, arena),
			.read = db_col_bool(q, 5),
		};
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}
