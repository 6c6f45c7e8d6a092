/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/guests.h"

#include "bridge-mail/store/mailboxes.h"

#define GUEST_COLUMNS                                                                           \
	"SELECT mailbox_id, address, user_id, state, delivery, english, first_mail, seen_item," \
	" ifnull(due_at, 0), invited_by, cause, why FROM room_guests "
DB_SQL(sql_add, "INSERT INTO room_guests (mailbox_id, address, user_id, state, delivery, english,"
		" first_mail, seen_item, invited_by, cause) VALUES (?1, ?2, ?3, 0, 0, ?4, '',"
		" (SELECT ifnull(max(item_id), 0) FROM room_items WHERE mailbox_id = ?1), ?5, ?6)"
		" ON CONFLICT (mailbox_id, address) DO UPDATE SET state = 0, why = 0,"
		" invited_by = excluded.invited_by, cause = excluded.cause,"
		" seen_item = excluded.seen_item WHERE state IN (2, 3)");
DB_SQL(sql_get, GUEST_COLUMNS "WHERE mailbox_id = ?1 AND address = ?2");
DB_SQL(sql_of, GUEST_COLUMNS "WHERE mailbox_id = ?1 AND state = 1 ORDER BY address LIMIT ?2");
DB_SQL(sql_next_open, GUEST_COLUMNS "WHERE state IN (0, 2) ORDER BY mailbox_id LIMIT 1");
DB_SQL(sql_set_active, "UPDATE room_guests SET state = 1, first_mail = ?4, user_id = ?5"
		       " WHERE mailbox_id = ?1 AND address = ?2 AND state = 0 AND cause = ?3");
DB_SQL(sql_leave, "UPDATE room_guests SET state = 2, why = ?3, cause = ?4, due_at = NULL"
		  " WHERE mailbox_id = ?1 AND address = ?2 AND state IN (0, 1)");
DB_SQL(sql_leave_all, "UPDATE room_guests SET state = 2, why = ?2, cause = ?3, due_at = NULL"
		      " WHERE mailbox_id = ?1 AND state IN (0, 1)");
DB_SQL(sql_set_ended, "UPDATE room_guests SET state = 3 WHERE mailbox_id = ?1 AND address = ?2"
		      " AND state = 2");
DB_SQL(sql_set_delivery, "UPDATE room_guests SET delivery = ?3, due_at = CASE ?3 WHEN 0 THEN NULL"
			 " ELSE due_at END, seen_item = CASE delivery WHEN 0 THEN (SELECT"
			 " ifnull(max(item_id), 0) FROM room_items WHERE mailbox_id = ?1)"
			 " ELSE seen_item END WHERE mailbox_id = ?1 AND address = ?2");

DB_SQL(sql_mail_put, "INSERT INTO room_mails (message_id, mailbox_id, address, event_id)"
		     " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (message_id) DO NOTHING");
DB_SQL(sql_mail_get, "SELECT message_id, mailbox_id, address, event_id FROM room_mails"
		     " WHERE message_id = ?1");
DB_SQL(sql_mail_of_event, "SELECT message_id FROM room_mails WHERE mailbox_id = ?1"
			  " AND event_id = ?2 AND address = ?3");
DB_SQL(sql_invitations, "SELECT count(*) FROM invitations WHERE inviter = ?1 AND at > ?2");
DB_SQL(sql_invitation_put, "INSERT INTO invitations (event_id, inviter, at) VALUES (?1, ?2, ?3)"
			   " ON CONFLICT (event_id) DO NOTHING");
DB_SQL(sql_invitations_forget, "DELETE FROM invitations WHERE at < ?1");

DB_SQL(sql_held_put, "INSERT INTO held_mails (delivery_id, mailbox_id, address, subject)"
		     " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (delivery_id) DO NOTHING");
#define HELD_COLUMNS "SELECT delivery_id, mailbox_id, address, subject FROM held_mails "
DB_SQL(sql_held_untold, HELD_COLUMNS "WHERE told = 0 ORDER BY delivery_id LIMIT 1");
DB_SQL(sql_held_get, HELD_COLUMNS "WHERE delivery_id = ?1");
DB_SQL(sql_held_told, "UPDATE held_mails SET told = 1 WHERE delivery_id = ?1");
DB_SQL(sql_held_release,
	"UPDATE deliveries SET state = 0, attempts = 0, next_try_at = 0, reason = NULL"
	" WHERE delivery_id IN (SELECT delivery_id FROM held_mails WHERE mailbox_id = ?1"
	" AND address = ?2) AND state = 4");
DB_SQL(sql_held_forget, "DELETE FROM held_mails WHERE mailbox_id = ?1 AND address = ?2");

#define HOUR_MS INT64_C(3600000)

static struct str or_empty(struct str s)
{
	return s.p == NULL ? STR("") : s;
}

enum status guest_add(struct db_tx *tx, const struct guest *guest)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_int(q, 1, guest->mailbox_id);
	db_bind_str(q, 2, guest->address);
	db_bind_str(q, 3, guest->user_id);
	db_bind_bool(q, 4, guest->english);
	db_bind_str(q, 5, or_empty(guest->invited_by));
	db_bind_str(q, 6, or_empty(guest->cause));
	return db_run(q);
}

static void read_guest(struct db_query *q, struct arena *arena, struct guest *out)
{
	*out = (struct guest){
		.mailbox_id = db_col_int(q, 0),
		.address = db_col_dup(q, 1, arena),
		.user_id = db_col_dup(q, 2, arena),
		.state = (enum guest_state)db_col_int(q, 3),
		.delivery = (enum guest_delivery)db_col_int(q, 4),
		.english = db_col_bool(q, 5),
		.first_mail = db_col_dup(q, 6, arena),
		.seen_item = db_col_int(q, 7),
		.due_at = db_col_int(q, 8),
		.invited_by = db_col_dup(q, 9, arena),
		.cause = db_col_dup(q, 10, arena),
		.why = (enum guest_end)db_col_int(q, 11),
	};
}

enum status guest_get(struct db *db, int64_t mailbox_id, struct str address, struct arena *arena,
	struct guest *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, address);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		read_guest(q, arena, out);
	return status;
}

enum status guests_of(struct db *db, int64_t mailbox_id, struct arena *arena,
	struct guest **list_out, size_t *count_out)
{
	struct guest *list = ARENA_ARRAY(arena, struct guest, GUESTS_MAX);
	DB_QUERY(q, db, &sql_of);
	db_bind_int(q, 1, mailbox_id);
	db_bind_int(q, 2, GUESTS_MAX);
	*list_out = list;
	*count_out = 0;
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW && *count_out < GUESTS_MAX)
		read_guest(q, arena, &list[(*count_out)++]);
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}

enum status guest_next_open(struct db *db, struct arena *arena, struct guest *out)
{
	DB_QUERY(q, db, &sql_next_open);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		read_guest(q, arena, out);
	return status;
}

enum status guest_set_active(struct db_tx *tx, const struct guest *guest, struct str first_mail)
{
	DB_QUERY(q, tx->db, &sql_set_active);
	db_bind_int(q, 1, guest->mailbox_id);
	db_bind_str(q, 2, guest->address);
	db_bind_str(q, 3, guest->cause);
	db_bind_str(q, 4, first_mail);
	db_bind_str(q, 5, guest->user_id);
	return db_run(q);
}

enum status guest_leave(struct db_tx *tx, int64_t mailbox_id, struct str address,
	enum guest_end why, struct str cause)
{
	DB_QUERY(q, tx->db, &sql_leave);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, address);
	db_bind_int(q, 3, why);
	db_bind_str(q, 4, or_empty(cause));
	return db_run(q);
}

enum status guests_leave_all(
	struct db_tx *tx, int64_t mailbox_id, enum guest_end why, struct str cause)
{
	DB_QUERY(q, tx->db, &sql_leave_all);
	db_bind_int(q, 1, mailbox_id);
	db_bind_int(q, 2, why);
	db_bind_str(q, 3, or_empty(cause));
	return db_run(q);
}

enum status guest_set_ended(struct db_tx *tx, const struct guest *guest)
{
	DB_QUERY(q, tx->db, &sql_set_ended);
	db_bind_int(q, 1, guest->mailbox_id);
	db_bind_str(q, 2, guest->address);
	return db_run(q);
}

enum status guest_set_delivery(
	struct db_tx *tx, int64_t mailbox_id, struct str address, enum guest_delivery delivery)
{
	DB_QUERY(q, tx->db, &sql_set_delivery);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, address);
	db_bind_int(q, 3, delivery);
	return db_run(q);
}

enum status room_mail_put(struct db_tx *tx, const struct room_mail *mail)
{
	DB_QUERY(q, tx->db, &sql_mail_put);
	db_bind_str(q, 1, mail->message_id);
	db_bind_int(q, 2, mail->mailbox_id);
	db_bind_str(q, 3, mail->address);
	db_bind_str(q, 4, or_empty(mail->event_id));
	return db_run(q);
}

enum status room_mail_get(
	struct db *db, struct str message_id, struct arena *arena, struct room_mail *out)
{
	DB_QUERY(q, db, &sql_mail_get);
	db_bind_str(q, 1, message_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct room_mail){
			.message_id = db_col_dup(q, 0, arena),
			.mailbox_id = db_col_int(q, 1),
			.address = db_col_dup(q, 2, arena),
			.event_id = db_col_dup(q, 3, arena),
		};
	return status;
}

enum status room_mail_of_event(struct db *db, int64_t mailbox_id, struct str event_id,
	struct str address, struct arena *arena, struct str *message_id_out)
{
	DB_QUERY(q, db, &sql_mail_of_event);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, event_id);
	db_bind_str(q, 3, address);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*message_id_out = db_col_dup(q, 0, arena);
	return status;
}

enum status invitations_count(struct db *db, struct str inviter, int64_t since, int64_t *out)
{
	DB_QUERY(q, db, &sql_invitations);
	db_bind_str(q, 1, inviter);
	db_bind_int(q, 2, since);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}

enum status invitation_put(struct db_tx *tx, struct str event_id, struct str inviter, int64_t at)
{
	DB_QUERY(q, tx->db, &sql_invitation_put);
	db_bind_str(q, 1, event_id);
	db_bind_str(q, 2, inviter);
	db_bind_int(q, 3, at);
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(forget, tx->db, &sql_invitations_forget);
	db_bind_int(forget, 1, at - HOUR_MS);
	return db_run(forget);
}

enum status held_mail_put(struct db_tx *tx, const struct held_mail *mail)
{
	DB_QUERY(q, tx->db, &sql_held_put);
	db_bind_int(q, 1, mail->delivery_id);
	db_bind_int(q, 2, mail->mailbox_id);
	db_bind_str(q, 3, mail->address);
	db_bind_str(q, 4, or_empty(mail->subject));
	return db_run(q);
}

static enum status read_held(struct db_query *q, struct arena *arena, struct held_mail *out)
{
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct held_mail){
			.delivery_id = db_col_int(q, 0),
			.mailbox_id = db_col_int(q, 1),
			.address = db_col_dup(q, 2, arena),
			.subject = db_col_dup(q, 3, arena),
		};
	return status;
}

enum status held_mail_next_untold(struct db *db, struct arena *arena, struct held_mail *out)
{
	DB_QUERY(q, db, &sql_held_untold);
	return read_held(q, arena, out);
}

enum status held_mail_get(
	struct db *db, int64_t delivery_id, struct arena *arena, struct held_mail *out)
{
	DB_QUERY(q, db, &sql_held_get);
	db_bind_int(q, 1, delivery_id);
	return read_held(q, arena, out);
}

enum status held_mail_set_told(struct db_tx *tx, int64_t delivery_id)
{
	DB_QUERY(q, tx->db, &sql_held_told);
	db_bind_int(q, 1, delivery_id);
	return db_run(q);
}

enum status held_mails_release(struct db_tx *tx, int64_t mailbox_id, struct str address)
{
	DB_QUERY(q, tx->db, &sql_held_release);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, address);
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(forget, tx->db, &sql_held_forget);
	db_bind_int(forget, 1, mailbox_id);
	db_bind_str(forget, 2, address);
	return db_run(forget);
}
