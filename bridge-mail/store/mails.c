/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/mails.h"

DB_SQL(sql_mail_add, "INSERT INTO mails (content_hash, size, via, mail_from, received_at)"
		     " VALUES (?1, ?2, ?3, ?4, ?5)");
DB_SQL(sql_delivery_add, "INSERT INTO deliveries (mail_id, mailbox_id, recipient)"
			 " SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM deliveries"
			 " WHERE mail_id = ?1 AND mailbox_id = ?2)");

#define DELIVERY_COLUMNS                                                                   \
	"SELECT d.delivery_id, d.mail_id, d.mailbox_id, b.address, d.recipient, d.state,"  \
	" ifnull(d.thread_id, 0), d.attempts, d.next_try_at, m.content_hash, m.mail_from," \
	" m.received_at FROM deliveries d JOIN mails m USING (mail_id)"                    \
	" JOIN mailboxes b USING (mailbox_id) "
DB_SQL(sql_next, DELIVERY_COLUMNS "WHERE d.state < 2 AND d.delivery_id > ?1"
				  " ORDER BY d.delivery_id LIMIT 1");
DB_SQL(sql_get, DELIVERY_COLUMNS "WHERE d.delivery_id = ?1");

DB_SQL(sql_set_thread, "UPDATE deliveries SET state = 1, thread_id = ?2, message_id = ?3,"
		       " content_key = ?4, attempts = 0, next_try_at = 0, reason = NULL"
		       " WHERE delivery_id = ?1");
DB_SQL(sql_find_same, "SELECT delivery_id FROM deliveries WHERE mailbox_id = ?1"
		      " AND message_id = ?2 AND content_key = ?3 AND state <> 3");
DB_SQL(sql_finish, "UPDATE deliveries SET state = ?2, reason = ?3 WHERE delivery_id = ?1");
DB_SQL(sql_retry, "UPDATE deliveries SET attempts = attempts + 1, next_try_at = ?2, reason = ?3"
		  " WHERE delivery_id = ?1");
DB_SQL(sql_open_count, "SELECT count(*) FROM deliveries WHERE state < 2");

enum status mail_add(struct db_tx *tx, const struct mail_receipt *receipt, int64_t *mail_id_out)
{
	DB_QUERY(q, tx->db, &sql_mail_add);
	db_bind_str(q, 1, receipt->content_hash);
	db_bind_int(q, 2, receipt->size);
	db_bind_c_str(q, 3, receipt->via);
	db_bind_str(q, 4, receipt->mail_from.p == NULL ? STR("") : receipt->mail_from);
	db_bind_int(q, 5, receipt->received_at);
	enum status status = db_run(q);
	if (status != STATUS_OK)
		return status;
	int64_t mail_id = db_last_row_id(tx->db);
	for (size_t i = 0; i < receipt->recipient_count; i++) {
		DB_QUERY(add, tx->db, &sql_delivery_add);
		db_bind_int(add, 1, mail_id);
		db_bind_int(add, 2, receipt->recipients[i].mailbox_id);
		db_bind_str(add, 3, receipt->recipients[i].address);
		status = db_run(add);
		if (status != STATUS_OK)
			return status;
	}
	*mail_id_out = mail_id;
	return STATUS_OK;
}

static enum status read_delivery(struct db_query *q, struct arena *arena, struct delivery *out)
{
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct delivery){
		.delivery_id = db_col_int(q, 0),
		.mail_id = db_col_int(q, 1),
		.mailbox_id = db_col_int(q, 2),
		.mailbox_address = db_col_dup(q, 3, arena),
		.recipient = db_col_dup(q, 4, arena),
		.state = (enum delivery_state)db_col_int(q, 5),
		.thread_id = db_col_int(q, 6),
		.attempts = db_col_int(q, 7),
		.next_try_at = db_col_int(q, 8),
		.content_hash = db_col_dup(q, 9, arena),
		.mail_from = db_col_dup(q, 10, arena),
		.received_at = db_col_int(q, 11),
	};
	return STATUS_OK;
}

enum status delivery_next(struct db *db, int64_t after, struct arena *arena, struct delivery *out)
{
	DB_QUERY(q, db, &sql_next);
	db_bind_int(q, 1, after);
	return read_delivery(q, arena, out);
}

enum status delivery_get(
	struct db *db, int64_t delivery_id, struct arena *arena, struct delivery *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_int(q, 1, delivery_id);
	return read_delivery(q, arena, out);
}

enum status delivery_set_thread(struct db_tx *tx, int64_t delivery_id, int64_t thread_id,
	struct str message_id, struct str content_key)
{
	DB_QUERY(q, tx->db, &sql_set_thread);
	db_bind_int(q, 1, delivery_id);
	db_bind_int(q, 2, thread_id);
	db_bind_str(q, 3, message_id);
	db_bind_str(q, 4, content_key);
	return db_run(q);
}

enum status delivery_find_same(struct db *db, int64_t mailbox_id, struct str message_id,
	struct str content_key, int64_t *delivery_id_out)
{
	DB_QUERY(q, db, &sql_find_same);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, message_id);
	db_bind_str(q, 3, content_key);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*delivery_id_out = db_col_int(q, 0);
	return status;
}

enum status delivery_finish(
	struct db_tx *tx, int64_t delivery_id, enum delivery_state state, struct str reason)
{
	DB_QUERY(q, tx->db, &sql_finish);
	db_bind_int(q, 1, delivery_id);
	db_bind_int(q, 2, state);
	db_bind_str(q, 3, reason);
	return db_run(q);
}

enum status delivery_retry(
	struct db_tx *tx, int64_t delivery_id, int64_t next_try_at, struct str reason)
{
	DB_QUERY(q, tx->db, &sql_retry);
	db_bind_int(q, 1, delivery_id);
	db_bind_int(q, 2, next_try_at);
	db_bind_str(q, 3, reason);
	return db_run(q);
}

enum status deliveries_open_count(struct db *db, int64_t *out)
{
	DB_QUERY(q, db, &sql_open_count);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}
