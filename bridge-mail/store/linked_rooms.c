/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/guests.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/threads.h"

#define ROOM_COLUMNS                                                                             \
	"SELECT l.mailbox_id, l.thread_id, l.room_id, l.actor, l.strangers, l.ended, b.address," \
	" t.token FROM linked_rooms l JOIN mailboxes b USING (mailbox_id)"                       \
	" JOIN threads t USING (thread_id) "
DB_SQL(sql_by_room, ROOM_COLUMNS "WHERE l.room_id = ?1");
DB_SQL(sql_by_mailbox, ROOM_COLUMNS "WHERE l.mailbox_id = ?1");
DB_SQL(sql_by_token, ROOM_COLUMNS "WHERE l.thread_id = (SELECT thread_id FROM threads"
				  " WHERE token = ?1)");
DB_SQL(sql_put, "INSERT INTO linked_rooms (mailbox_id, thread_id, room_id, actor, strangers)"
		" VALUES (?1, ?2, ?3, ?4, ?5)");
DB_SQL(sql_open_again, "UPDATE linked_rooms SET ended = 0, actor = ?2 WHERE mailbox_id = ?1");
DB_SQL(sql_set_actor, "UPDATE linked_rooms SET actor = ?2 WHERE mailbox_id = ?1");
DB_SQL(sql_end, "UPDATE linked_rooms SET ended = 1 WHERE mailbox_id = ?1");
DB_SQL(sql_alias_put, "INSERT INTO mailbox_aliases (address, mailbox_id)"
		      " SELECT address, mailbox_id FROM mailboxes WHERE mailbox_id = ?1"
		      " ON CONFLICT (address) DO NOTHING");
DB_SQL(sql_alias_drop, "DELETE FROM mailbox_aliases WHERE address = ?1 AND mailbox_id = ?2");
DB_SQL(sql_set_address, "UPDATE mailboxes SET address = ?2 WHERE mailbox_id = ?1");
DB_SQL(sql_set_strangers, "UPDATE linked_rooms SET strangers = ?2 WHERE mailbox_id = ?1");
DB_SQL(sql_find_address,
	"SELECT l.mailbox_id FROM linked_rooms l WHERE l.ended = 0 AND l.mailbox_id ="
	" ifnull((SELECT mailbox_id FROM mailboxes WHERE address = lower(?1)),"
	" (SELECT mailbox_id FROM mailbox_aliases WHERE address = lower(?1)))");
DB_SQL(sql_alias_find, "SELECT mailbox_id FROM mailbox_aliases WHERE address = ?1");

static enum status read_row(struct db_query *q, struct arena *arena, struct linked_room *out)
{
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct linked_room){
			.mailbox_id = db_col_int(q, 0),
			.thread_id = db_col_int(q, 1),
			.room_id = db_col_dup(q, 2, arena),
			.actor = db_col_dup(q, 3, arena),
			.strangers = (int)db_col_int(q, 4),
			.ended = db_col_bool(q, 5),
			.address = db_col_dup(q, 6, arena),
			.token = db_col_dup(q, 7, arena),
		};
	return status;
}

enum status linked_room_by_room(
	struct db *db, struct str room_id, struct arena *arena, struct linked_room *out)
{
	DB_QUERY(q, db, &sql_by_room);
	db_bind_str(q, 1, room_id);
	return read_row(q, arena, out);
}

enum status linked_room_by_mailbox(
	struct db *db, int64_t mailbox_id, struct arena *arena, struct linked_room *out)
{
	DB_QUERY(q, db, &sql_by_mailbox);
	db_bind_int(q, 1, mailbox_id);
	return read_row(q, arena, out);
}

enum status linked_room_by_token(
	struct db *db, struct str token, struct arena *arena, struct linked_room *out)
{
	DB_QUERY(q, db, &sql_by_token);
	db_bind_str(q, 1, token);
	return read_row(q, arena, out);
}

static enum status set_text(struct db_tx *tx, const struct db_sql *sql, int64_t id, struct str text)
	REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_int(q, 1, id);
	db_bind_str(q, 2, text.p == NULL ? STR("") : text);
	return db_run(q);
}

static enum status address_is_free(struct db_tx *tx, struct str address, int64_t mailbox_id)
	REQUIRES(on_writer)
{
	struct mailbox_row mailbox;
	enum status status = mailboxes_find(tx->db, address, tx->arena, &mailbox);
	if (status == STATUS_OK)
		return mailbox.mailbox_id == mailbox_id ? STATUS_OK : STATUS_EXISTS;
	if (status != STATUS_NOT_FOUND)
		return status;
	DB_QUERY(q, tx->db, &sql_alias_find);
	db_bind_str(q, 1, address);
	status = db_first(q);
	if (status == STATUS_OK && db_col_int(q, 0) != mailbox_id)
		return STATUS_EXISTS;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status linked_room_put(struct db_tx *tx, struct str room_id, struct str actor,
	struct str address, struct str token, int strangers, int64_t now)
{
	struct linked_room known;
	struct thread thread = {
		.token = token, .created_at = now, .last_at = now, .subject = STR("")};
	enum status status = linked_room_by_room(tx->db, room_id, tx->arena, &known);
	if (status == STATUS_OK)
		return set_text(tx, &sql_open_again, known.mailbox_id, actor);
	if (status == STATUS_NOT_FOUND)
		status = address_is_free(tx, address, 0);
	if (status == STATUS_OK)
		status = mailboxes_put(tx, address, address, &thread.mailbox_id);
	if (status == STATUS_OK)
		status = threads_add(tx, &thread, &thread.thread_id);
	if (status == STATUS_OK)
		status = threads_set_room(tx, thread.thread_id, room_id);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_int(q, 1, thread.mailbox_id);
	db_bind_int(q, 2, thread.thread_id);
	db_bind_str(q, 3, room_id);
	db_bind_str(q, 4, actor.p == NULL ? STR("") : actor);
	db_bind_int(q, 5, strangers);
	return db_run(q);
}

enum status linked_room_set_actor(struct db_tx *tx, int64_t mailbox_id, struct str actor)
{
	return set_text(tx, &sql_set_actor, mailbox_id, actor);
}

enum status linked_room_end(struct db_tx *tx, int64_t mailbox_id)
{
	DB_QUERY(q, tx->db, &sql_end);
	db_bind_int(q, 1, mailbox_id);
	return db_run(q);
}

enum status linked_room_set_address(
	struct db_tx *tx, int64_t mailbox_id, struct str address, int strangers)
{
	enum status status = address_is_free(tx, address, mailbox_id);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(keep, tx->db, &sql_alias_put);
	db_bind_int(keep, 1, mailbox_id);
	status = db_run(keep);
	if (status == STATUS_OK)
		status = set_text(tx, &sql_set_address, mailbox_id, address);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(drop, tx->db, &sql_alias_drop);
	db_bind_str(drop, 1, address);
	db_bind_int(drop, 2, mailbox_id);
	status = db_run(drop);
	DB_QUERY(q, tx->db, &sql_set_strangers);
	db_bind_int(q, 1, mailbox_id);
	db_bind_int(q, 2, strangers);
	return status == STATUS_OK ? db_run(q) : status;
}

enum status linked_room_find_address(struct db *db, struct str address, int64_t *mailbox_id_out)
{
	DB_QUERY(q, db, &sql_find_address);
	db_bind_str(q, 1, address);
	enum status status = db_first(q);
	*mailbox_id_out = status == STATUS_OK ? db_col_int(q, 0) : 0;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
