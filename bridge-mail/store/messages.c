/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/messages.h"

DB_SQL(sql_put,
	"INSERT INTO messages (mailbox_id, message_id, thread_id, seen, outgoing, sender, refs, at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	" ON CONFLICT (mailbox_id, message_id) DO UPDATE SET seen = 1,"
	" outgoing = excluded.outgoing, sender = excluded.sender, refs = excluded.refs,"
	" at = excluded.at WHERE seen = 0 AND excluded.seen = 1");

#define MESSAGE_COLUMNS                                                              \
	"SELECT mailbox_id, message_id, thread_id, seen, outgoing, sender, refs, at" \
	" FROM messages "
DB_SQL(sql_find, MESSAGE_COLUMNS "WHERE mailbox_id = ?1 AND message_id = ?2");
DB_SQL(sql_last_received, MESSAGE_COLUMNS "WHERE thread_id = ?1 AND seen = 1 AND outgoing = 0"
					  " ORDER BY at DESC LIMIT 1");
DB_SQL(sql_last, MESSAGE_COLUMNS "WHERE thread_id = ?1 AND seen = 1 ORDER BY at DESC LIMIT 1");

DB_SQL(sql_event_put, "INSERT INTO message_events (event_id, room_id, thread_id, mailbox_id,"
		      " message_id, part) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		      " ON CONFLICT (event_id) DO NOTHING");
#define EVENT_COLUMNS \
	"SELECT event_id, room_id, thread_id, mailbox_id, message_id, part FROM message_events "
DB_SQL(sql_event_find, EVENT_COLUMNS "WHERE event_id = ?1");
/* A thread that was split off has its mails in two rooms: its own counts. */
DB_SQL(sql_event_of, EVENT_COLUMNS "WHERE mailbox_id = ?1 AND message_id = ?2 AND part = 0"
				   " ORDER BY room_id = (SELECT t.room_id FROM threads t"
				   " WHERE t.thread_id = message_events.thread_id) DESC LIMIT 1");

static struct str or_empty(struct str s)
{
	return s.p == NULL ? STR("") : s;
}

enum status messages_put(struct db_tx *tx, const struct message_row *row)
{
	if (row->message_id.n == 0 || row->message_id.n > MESSAGE_ID_MAX ||
		row->refs.n > MESSAGE_REFS_MAX)
		return STATUS_TOO_LARGE;
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_int(q, 1, row->mailbox_id);
	db_bind_str(q, 2, row->message_id);
	db_bind_int(q, 3, row->thread_id);
	db_bind_bool(q, 4, row->seen);
	db_bind_bool(q, 5, row->outgoing);
	db_bind_str(q, 6, or_empty(row->sender));
	db_bind_str(q, 7, or_empty(row->refs));
	db_bind_int(q, 8, row->at);
	return db_run(q);
}

static enum status read_message(struct db_query *q, struct arena *arena, struct message_row *out)
{
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct message_row){
		.mailbox_id = db_col_int(q, 0),
		.message_id = db_col_dup(q, 1, arena),
		.thread_id = db_col_int(q, 2),
		.seen = db_col_bool(q, 3),
		.outgoing = db_col_bool(q, 4),
		.sender = db_col_dup(q, 5, arena),
		.refs = db_col_dup(q, 6, arena),
		.at = db_col_int(q, 7),
	};
	return STATUS_OK;
}

enum status messages_find(struct db *db, int64_t mailbox_id, struct str message_id,
	struct arena *arena, struct message_row *out)
{
	DB_QUERY(q, db, &sql_find);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, message_id);
	return read_message(q, arena, out);
}

enum status messages_last_received(
	struct db *db, int64_t thread_id, struct arena *arena, struct message_row *out)
{
	DB_QUERY(q, db, &sql_last_received);
	db_bind_int(q, 1, thread_id);
	return read_message(q, arena, out);
}

enum status messages_last(
	struct db *db, int64_t thread_id, struct arena *arena, struct message_row *out)
{
	DB_QUERY(q, db, &sql_last);
	db_bind_int(q, 1, thread_id);
	return read_message(q, arena, out);
}

enum status messages_event_put(struct db_tx *tx, const struct message_event *event)
{
	DB_QUERY(q, tx->db, &sql_event_put);
	db_bind_str(q, 1, event->event_id);
	db_bind_str(q, 2, event->room_id);
	db_bind_int(q, 3, event->thread_id);
	db_bind_int(q, 4, event->mailbox_id);
	db_bind_str(q, 5, event->message_id);
	db_bind_int(q, 6, event->part);
	return db_run(q);
}

static enum status read_event(struct db_query *q, struct arena *arena, struct message_event *out)
{
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct message_event){
		.event_id = db_col_dup(q, 0, arena),
		.room_id = db_col_dup(q, 1, arena),
		.thread_id = db_col_int(q, 2),
		.mailbox_id = db_col_int(q, 3),
		.message_id = db_col_dup(q, 4, arena),
		.part = db_col_int(q, 5),
	};
	return STATUS_OK;
}

enum status messages_event_find(
	struct db *db, struct str event_id, struct arena *arena, struct message_event *out)
{
	DB_QUERY(q, db, &sql_event_find);
	db_bind_str(q, 1, event_id);
	return read_event(q, arena, out);
}

enum status messages_event_of(struct db *db, int64_t mailbox_id, struct str message_id,
	struct arena *arena, struct message_event *out)
{
	DB_QUERY(q, db, &sql_event_of);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, message_id);
	return read_event(q, arena, out);
}
