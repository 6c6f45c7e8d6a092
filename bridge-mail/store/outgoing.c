/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/outgoing.h"

DB_SQL(sql_add, "INSERT INTO outgoing (thread_id, event_id, message_id, mail_from, content_hash,"
		" created_at, held, author, text_hash, corrects)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
DB_SQL(sql_recipient_add, "INSERT INTO outgoing_recipients (outgoing_id, address, next_try_at,"
			  " changed_at, priority) VALUES (?1, ?2, ?3, ?5, ?4)"
			  " ON CONFLICT (outgoing_id, address) DO NOTHING");

#define MAIL_COLUMNS                                                                         \
	"o.outgoing_id, o.thread_id, o.event_id, o.message_id, o.mail_from, o.content_hash," \
	" o.created_at, o.held, o.author, o.text_hash, o.corrects"
#define MAIL_COLUMN_COUNT 11
DB_SQL(sql_by_event, "SELECT " MAIL_COLUMNS " FROM outgoing o WHERE o.event_id = ?1");
DB_SQL(sql_get, "SELECT " MAIL_COLUMNS " FROM outgoing o WHERE o.outgoing_id = ?1");
DB_SQL(sql_by_message, "SELECT " MAIL_COLUMNS " FROM outgoing o WHERE o.message_id = ?1"
		       " ORDER BY o.outgoing_id DESC LIMIT 1");
DB_SQL(sql_last_correction,
	"SELECT " MAIL_COLUMNS " FROM outgoing o WHERE o.corrects = ?1 AND o.corrects <> ''"
	" ORDER BY o.outgoing_id DESC LIMIT 1");
DB_SQL(sql_open_correction,
	"SELECT " MAIL_COLUMNS " FROM outgoing o WHERE o.corrects = ?1 AND o.corrects <> ''"
	" AND EXISTS (SELECT 1 FROM outgoing_recipients r WHERE r.outgoing_id = o.outgoing_id)"
	" AND NOT EXISTS (SELECT 1 FROM outgoing_recipients r"
	" WHERE r.outgoing_id = o.outgoing_id AND r.state <> 0)"
	" ORDER BY o.outgoing_id DESC LIMIT 1");
DB_SQL(sql_replace, "UPDATE outgoing SET content_hash = ?2, text_hash = ?3 WHERE outgoing_id = ?1"
		    " AND EXISTS (SELECT 1 FROM outgoing_recipients"
		    " WHERE outgoing_id = ?1 AND state = 0)"
		    " AND NOT EXISTS (SELECT 1 FROM outgoing_recipients"
		    " WHERE outgoing_id = ?1 AND state IN (1, 2, 3))");
DB_SQL(sql_left, "SELECT count(*) FROM outgoing_recipients"
		 " WHERE outgoing_id = ?1 AND state IN (1, 2, 3)");
DB_SQL(sql_cancelled, "SELECT count(*) FROM outgoing_recipients"
		      " WHERE outgoing_id = ?1 AND state = 5");
DB_SQL(sql_cancel, "UPDATE outgoing_recipients SET state = 5, changed_at = ?2"
		   " WHERE outgoing_id = ?1 AND state IN (0, 2)");
DB_SQL(sql_open_count, "SELECT count(*) FROM outgoing_recipients"
		       " WHERE outgoing_id = ?1 AND state IN (0, 1, 2)");
DB_SQL(sql_begin,
	"UPDATE outgoing_recipients SET state = 1, changed_at = ?3"
	" WHERE outgoing_id = ?1 AND address = ?2 AND state IN (0, 2)"
	" AND EXISTS (SELECT 1 FROM outgoing WHERE outgoing_id = ?1 AND content_hash = ?4)");
DB_SQL(sql_report, "UPDATE outgoing_recipients SET report = ?3, report_text = ?4"
		   " WHERE outgoing_id = ?1 AND address = ?2 COLLATE NOCASE AND report < ?3");
DB_SQL(sql_has_recipient, "SELECT 1 FROM outgoing_recipients"
			  " WHERE outgoing_id = ?1 AND address = ?2 COLLATE NOCASE");
DB_SQL(sql_report_told, "UPDATE outgoing_recipients SET report_told = ?3"
			" WHERE outgoing_id = ?1 AND address = ?2");
DB_SQL(sql_addresses, "SELECT address FROM outgoing_recipients WHERE outgoing_id = ?1");

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
DB_SQL(sql_next_report,
	"SELECT " MAIL_COLUMNS ", r.address, r.state, r.attempts, r.next_try_at,"
	" r.last_reply, r.priority, r.report, r.report_text FROM outgoing_recipients r"
	" JOIN outgoing o USING (outgoing_id)"
	" WHERE r.report > r.report_told ORDER BY r.outgoing_id LIMIT 1");
DB_SQL(sql_told, "UPDATE outgoing_recipients SET told = 1 WHERE outgoing_id = ?1 AND address = ?2");
DB_SQL(sql_set, "UPDATE outgoing_recipients SET state = ?3, next_try_at = ?4, changed_at = ?5,"
		" last_reply = ?6, attempts = attempts + (?3 IN (0, 2))"
		" WHERE outgoing_id = ?1 AND address = ?2 AND state <> 5");
DB_SQL(sql_sent_at, "SELECT changed_at FROM outgoing_recipients WHERE state = 3"
		    " ORDER BY changed_at DESC LIMIT 1 OFFSET ?1");

static struct str or_empty(struct str s)
{
	return s.p == NULL ? STR("") : s;
}

enum status outgoing_add(struct db_tx *tx, const struct outgoing_mail *mail,
	const struct str *recipients, size_t recipient_count, int64_t *outgoing_id_out)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_int(q, 1, mail->thread_id);
	db_bind_str(q, 2, mail->event_id);
	db_bind_str(q, 3, mail->message_id);
	db_bind_str(q, 4, or_empty(mail->mail_from));
	db_bind_str(q, 5, mail->content_hash);
	db_bind_int(q, 6, mail->created_at);
	db_bind_bool(q, 7, mail->hold_ms > 0);
	db_bind_str(q, 8, or_empty(mail->author));
	db_bind_str(q, 9, or_empty(mail->text_hash));
	db_bind_str(q, 10, or_empty(mail->corrects));
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	int64_t outgoing_id = db_last_row_id(tx->db);
	for (size_t i = 0; i < recipient_count; i++) {
		DB_QUERY(add, tx->db, &sql_recipient_add);
		db_bind_int(add, 1, outgoing_id);
		db_bind_str(add, 2, recipients[i]);
		db_bind_int(add, 3, mail->created_at + mail->hold_ms);
		db_bind_int(add, 4, mail->priority);
		db_bind_int(add, 5, mail->created_at);
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
		.held = db_col_bool(q, 7),
		.author = db_col_dup(q, 8, arena),
		.text_hash = db_col_dup(q, 9, arena),
		.corrects = db_col_dup(q, 10, arena),
	};
}

static enum status find_mail(struct db *db, const struct db_sql *sql, struct str key,
	struct arena *arena, struct outgoing_mail *out)
{
	DB_QUERY(q, db, sql);
	db_bind_str(q, 1, key);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		read_mail(q, arena, out);
	return status;
}

enum status outgoing_by_event(
	struct db *db, struct str event_id, struct arena *arena, struct outgoing_mail *out)
{
	return find_mail(db, &sql_by_event, event_id, arena, out);
}

enum status outgoing_open_correction(
	struct db *db, struct str event_id, struct arena *arena, struct outgoing_mail *out)
{
	return find_mail(db, &sql_open_correction, event_id, arena, out);
}

enum status outgoing_last_correction(
	struct db *db, struct str event_id, struct arena *arena, struct outgoing_mail *out)
{
	return find_mail(db, &sql_last_correction, event_id, arena, out);
}

enum status outgoing_by_message(
	struct db *db, struct str message_id, struct arena *arena, struct outgoing_mail *out)
{
	return find_mail(db, &sql_by_message, message_id, arena, out);
}

enum status outgoing_get(
	struct db *db, int64_t outgoing_id, struct arena *arena, struct outgoing_mail *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_int(q, 1, outgoing_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		read_mail(q, arena, out);
	return status;
}

enum status outgoing_replace(
	struct db_tx *tx, int64_t outgoing_id, struct str content_hash, struct str text_hash)
{
	DB_QUERY(q, tx->db, &sql_replace);
	db_bind_int(q, 1, outgoing_id);
	db_bind_str(q, 2, content_hash);
	db_bind_str(q, 3, or_empty(text_hash));
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	return db_changes(tx->db) > 0 ? STATUS_OK : STATUS_CONFLICT;
}

static enum status count_of(
	struct db *db, const struct db_sql *sql, int64_t outgoing_id, int64_t *out)
{
	DB_QUERY(q, db, sql);
	db_bind_int(q, 1, outgoing_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}

enum status outgoing_cancel(
	struct db_tx *tx, int64_t outgoing_id, int64_t now, struct outgoing_cancelled *out)
{
	enum status status = count_of(tx->db, &sql_left, outgoing_id, &out->left);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_cancel);
	db_bind_int(q, 1, outgoing_id);
	db_bind_int(q, 2, now);
	status = db_run(q);
	return status == STATUS_OK ? count_of(tx->db, &sql_cancelled, outgoing_id, &out->cancelled)
				   : status;
}

enum status outgoing_left_count(struct db *db, int64_t outgoing_id, int64_t *out)
{
	return count_of(db, &sql_left, outgoing_id, out);
}

enum status outgoing_open_count(struct db *db, int64_t outgoing_id, int64_t *out)
{
	return count_of(db, &sql_open_count, outgoing_id, out);
}

static enum status read_recipient(
	struct db_query *q, struct arena *arena, struct outgoing_recipient *out)
{
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	read_mail(q, arena, &out->mail);
	out->address = db_col_dup(q, MAIL_COLUMN_COUNT, arena);
	out->state = (enum outgoing_state)db_col_int(q, MAIL_COLUMN_COUNT + 1);
	out->attempts = db_col_int(q, MAIL_COLUMN_COUNT + 2);
	out->next_try_at = db_col_int(q, MAIL_COLUMN_COUNT + 3);
	out->last_reply = db_col_dup(q, MAIL_COLUMN_COUNT + 4, arena);
	out->mail.priority = (enum outgoing_priority)db_col_int(q, MAIL_COLUMN_COUNT + 5);
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

enum status outgoing_begin(
	struct db_tx *tx, const struct outgoing_recipient *recipient, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_begin);
	db_bind_int(q, 1, recipient->mail.outgoing_id);
	db_bind_str(q, 2, recipient->address);
	db_bind_int(q, 3, now);
	db_bind_str(q, 4, recipient->mail.content_hash);
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	return db_changes(tx->db) > 0 ? STATUS_OK : STATUS_CONFLICT;
}

enum status outgoing_report(struct db_tx *tx, int64_t outgoing_id, struct str address,
	enum outgoing_report report, struct str text, bool *changed_out)
{
	DB_QUERY(known, tx->db, &sql_has_recipient);
	db_bind_int(known, 1, outgoing_id);
	db_bind_str(known, 2, address);
	enum status status = db_first(known);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_report);
	db_bind_int(q, 1, outgoing_id);
	db_bind_str(q, 2, address);
	db_bind_int(q, 3, report);
	db_bind_str(q, 4, or_empty(text));
	status = db_run(q);
	*changed_out = db_changes(tx->db) > 0;
	return status;
}

enum status outgoing_next_report(struct db *db, struct arena *arena, struct outgoing_reported *out)
{
	DB_QUERY(q, db, &sql_next_report);
	enum status status = read_recipient(q, arena, &out->recipient);
	if (status != STATUS_OK)
		return status;
	out->report = (enum outgoing_report)db_col_int(q, MAIL_COLUMN_COUNT + 6);
	out->text = db_col_dup(q, MAIL_COLUMN_COUNT + 7, arena);
	return STATUS_OK;
}

enum status outgoing_report_told(
	struct db_tx *tx, int64_t outgoing_id, struct str address, enum outgoing_report report)
{
	DB_QUERY(q, tx->db, &sql_report_told);
	db_bind_int(q, 1, outgoing_id);
	db_bind_str(q, 2, address);
	db_bind_int(q, 3, report);
	return db_run(q);
}

enum status outgoing_addresses(struct db *db, int64_t outgoing_id, struct arena *arena,
	struct str **list_out, size_t *count_out)
{
	size_t count = 0, room = 16;
	struct str *list = ARENA_ARRAY(arena, struct str, room);
	DB_QUERY(q, db, &sql_addresses);
	db_bind_int(q, 1, outgoing_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW) {
		if (count == room) {
			struct str *longer = ARENA_ARRAY(arena, struct str, 2 * room);
			memcpy(longer, list, room * sizeof(*list));
			list = longer;
			room *= 2;
		}
		list[count++] = db_col_dup(q, 0, arena);
	}
	*list_out = list;
	*count_out = count;
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}
