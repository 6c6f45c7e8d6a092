/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/outgoing.h"

DB_SQL(sql_add, "INSERT INTO outgoing (thread_id, event_id, message_id, mail_from, content_hash,"
		" created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
DB_SQL(sql_recipient_add, "INSERT INTO outgoing_recipients (outgoing_id, address, next_try_at,"
			  " changed_at, priority) VALUES (?1, ?2, ?3, ?3, ?4)"
			  " ON CONFLICT (outgoing_id, address) DO NOTHING");

#define MAIL_COLUMNS                                                                         \
	"o.outgoing_id, o.thread_id, o.event_id, o.message_id, o.mail_from, o.content_hash," \
	" o.created_at"
DB_SQL(sql_by_event, "SELECT " MAIL_COLUMNS " FROM outgoing o WHERE o.event_id = ?1");

#define RECIPIENT_COLUMNS                                                         \
	"SELECT " MAIL_COLUMNS ", r.address, r.state, r.attempts, r.next_try_at," \
	" r.last_reply, r.priority"                                               \
	" FROM outgoing_recipients r JOIN outgoing o USING (outgoing_id) "
DB_SQL(sql_next, RECIPIENT_COLUMNS
	"WHERE r.state IN (0, 2) AND r.priority = ?1 AND NOT EXISTS (SELECT 1 FROM outgoing o2"
	" JOIN outgoing_recipients r2 ON r2.outgoing_id = o2.outgoing_id"
	" AND r2.address = r.address AND r2.state IN (0, 1, 2)"
	" WHERE o2.thread_id = o.thread_id AND o2.outgoing_id < o.outgoing_id)"
	" ORDER BY r.next_try_at LIMIT 1");
DB_SQL(sql_next_sending, RECIPIENT_COLUMNS "WHERE r.state = 1 LIMIT 1");
DB_SQL(sql_next_untold,
	RECIPIENT_COLUMNS "WHERE r.state IN (3, 4) AND r.told = 0 ORDER BY r.changed_at LIMIT 1");
DB_SQL(sql_told, "UPDATE outgoing_recipients SET told = 1 WHERE outgoing_id = ?1 AND address = ?2");
DB_SQL(sql_set, "UPDATE outgoing_recipients SET state = ?3, next_try_at = ?4, changed_at = ?5,"
		" last_reply = ?6, attempts = attempts + (?3 IN (0, 2))"
		" WHERE outgoing_id = ?1 AND address = ?2");
DB_SQL(sql_sent_at, "SELECT changed_at FROM outgoing_recipients WHERE state = 3"
		    " ORDER BY changed_at DESC LIMIT 1 OFFSET ?1");

enum status outgoing_add(struct db_tx *tx, const struct outgoing_mail *mail,
	const struct str *recipients, size_t recipient_count, int64_t *outgoing_id_out)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_int(q, 1, mail->thread_id);
	db_bind_str(q, 2, mail->event_id);
	db_bind_str(q, 3, mail->message_id);
	db_bind_str(q, 4, mail->mail_from.p == NULL ? STR("") : mail->mail_from);
	db_bind_str(q, 5, mail->content_hash);
	db_bind_int(q, 6, mail->created_at);
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	int64_t outgoing_id = db_last_row_id(tx->db);
	for (size_t i = 0; i < recipient_count; i++) {
		DB_QUERY(add, tx->db, &sql_recipient_add);
		db_bind_int(add, 1, outgoing_id);
		db_bind_str(add, 2, recipients[i]);
		db_bind_int(add, 3, mail->created_at);
		db_bind_int(add, 4, mail->priority);
		status = db_run(add);
		if (status != STATUS_OK)
			return status;
	}
	*outgoing_id_out = outgoing_id;
	return STATUS_OK;
}

static void read_mail(struct db_query *q, struct arena *arena, struct outgoing_mail *out)
{
	*out = (struct outgoing_mail){
		.outgoing_id = db_col_int(q, 0),
		.thread_id = db_col_int(q, 1),
		.event_id = db_col_dup(q, 2, arena),
		.message_id = db_col_dup(q, 3, arena),
		.mail_from = db_col_dup(q, 4, arena),
		.content_hash = db_col_dup(q, 5, arena),
		.created_at = db_col_int(q, 6),
	};
}

enum status outgoing_by_event(
	struct db *db, struct str event_id, struct arena *arena, struct outgoing_mail *out)
{
	DB_QUERY(q, db, &sql_by_event);
	db_bind_str(q, 1, event_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		read_mail(q, arena, out);
	return status;
}

static enum status read_recipient(
	struct db_query *q, struct arena *arena, struct outgoing_recipient *out)
{
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	read_mail(q, arena, &out->mail);
	out->address = db_col_dup(q, 7, arena);
	out->state = (enum outgoing_state)db_col_int(q, 8);
	out->attempts = db_col_int(q, 9);
	out->next_try_at = db_col_int(q, 10);
	out->last_reply = db_col_dup(q, 11, arena);
	out->mail.priority = (enum outgoing_priority)db_col_int(q, 12);
	return STATUS_OK;
}

enum status outgoing_next(struct db *db, enum outgoing_priority priority, struct arena *arena,
	struct outgoing_recipient *out)
{
	DB_QUERY(q, db, &sql_next);
	db_bind_int(q, 1, priority);
	return read_recipient(q, arena, out);
}

enum status outgoing_next_sending(
	struct db *db, struct arena *arena, struct outgoing_recipient *out)
{
	DB_QUERY(q, db, &sql_next_sending);
	return read_recipient(q, arena, out);
}

enum status outgoing_next_untold(struct db *db, struct arena *arena, struct outgoing_recipient *out)
{
	DB_QUERY(q, db, &sql_next_untold);
	return read_recipient(q, arena, out);
}

enum status outgoing_set_told(struct db_tx *tx, int64_t outgoing_id, struct str address)
{
	DB_QUERY(q, tx->db, &sql_told);
	db_bind_int(q, 1, outgoing_id);
	db_bind_str(q, 2, address);
	return db_run(q);
}

enum status outgoing_set(struct db_tx *tx, int64_t outgoing_id, struct str address,
	enum outgoing_state state, int64_t next_try_at, int64_t now, struct str last_reply)
{
	DB_QUERY(q, tx->db, &sql_set);
	db_bind_int(q, 1, outgoing_id);
	db_bind_str(q, 2, address);
	db_bind_int(q, 3, state);
	db_bind_int(q, 4, next_try_at);
	db_bind_int(q, 5, now);
	db_bind_str(q, 6, last_reply.p == NULL ? STR("") : last_reply);
	return db_run(q);
}

enum status outgoing_sent_at(struct db *db, int64_t count, int64_t *at_out)
{
	DB_QUERY(q, db, &sql_sent_at);
	db_bind_int(q, 1, count - 1);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*at_out = db_col_int(q, 0);
	return status;
}
