/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/imap.h"

DB_SQL(sql_folder_find, "SELECT folder_id, uid_validity, next_uid, since, existing_to,"
			" renumbered FROM imap_folders"
			" WHERE account = ?1 AND folder = ?2");
DB_SQL(sql_forget, "DELETE FROM imap_mails WHERE folder_id = (SELECT folder_id FROM imap_folders"
		   " WHERE account = ?1 AND folder = ?2) AND uid_validity <> ?3");
DB_SQL(sql_folder_put,
	"INSERT INTO imap_folders (account, folder, uid_validity, next_uid, since, existing_to,"
	" renumbered) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (account, folder) DO UPDATE"
	" SET uid_validity = excluded.uid_validity, next_uid = excluded.next_uid,"
	" existing_to = excluded.existing_to, renumbered = excluded.renumbered"
	" RETURNING folder_id");
DB_SQL(sql_advance, "UPDATE imap_folders SET next_uid = max(next_uid, ?2) WHERE folder_id = ?1");
DB_SQL(sql_mail_add, "INSERT INTO imap_mails (folder_id, uid_validity, uid, mail_id, state, reason)"
		     " VALUES (?1, ?2, ?3, nullif(?4, 0), ?5, ?6)");
DB_SQL(sql_mail_done, "UPDATE imap_mails SET state = 1 WHERE folder_id = ?1"
		      " AND uid_validity = ?2 AND uid = ?3 AND state = 0");
DB_SQL(sql_mails_kept, "SELECT uid FROM imap_mails WHERE folder_id = ?1 AND uid_validity = ?2"
		       " AND state = 0 ORDER BY uid LIMIT ?3");

enum status imap_folder_find(
	struct db *db, struct str account, struct str folder, struct imap_folder *out)
{
	DB_QUERY(q, db, &sql_folder_find);
	db_bind_str(q, 1, account);
	db_bind_str(q, 2, folder);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct imap_folder){
			.folder_id = db_col_int(q, 0),
			.uid_validity = db_col_int(q, 1),
			.next_uid = db_col_int(q, 2),
			.since = db_col_int(q, 3),
			.existing_to = db_col_int(q, 4),
			.renumbered = db_col_bool(q, 5),
		};
	return status;
}

enum status imap_folder_put(struct db_tx *tx, struct str account, struct str folder,
	const struct imap_folder *row, int64_t *folder_id_out)
{
	DB_QUERY(forget, tx->db, &sql_forget);
	db_bind_str(forget, 1, account);
	db_bind_str(forget, 2, folder);
	db_bind_int(forget, 3, row->uid_validity);
	enum status status = db_run(forget);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_folder_put);
	db_bind_str(q, 1, account);
	db_bind_str(q, 2, folder);
	db_bind_int(q, 3, row->uid_validity);
	db_bind_int(q, 4, row->next_uid);
	db_bind_int(q, 5, row->since);
	db_bind_int(q, 6, row->existing_to);
	db_bind_bool(q, 7, row->renumbered);
	status = db_first(q);
	if (status == STATUS_OK)
		*folder_id_out = db_col_int(q, 0);
	return status;
}

enum status imap_folder_advance(struct db_tx *tx, int64_t folder_id, int64_t next_uid)
{
	DB_QUERY(q, tx->db, &sql_advance);
	db_bind_int(q, 1, folder_id);
	db_bind_int(q, 2, next_uid);
	return db_run(q);
}

enum status imap_mail_add(struct db_tx *tx, const struct imap_folder *folder, int64_t uid,
	int64_t mail_id, enum imap_mail_state state, struct str reason)
{
	DB_QUERY(q, tx->db, &sql_mail_add);
	db_bind_int(q, 1, folder->folder_id);
	db_bind_int(q, 2, folder->uid_validity);
	db_bind_int(q, 3, uid);
	db_bind_int(q, 4, mail_id);
	db_bind_int(q, 5, state);
	db_bind_str(q, 6, reason);
	enum status status = db_run(q);
	return status == STATUS_OK ? imap_folder_advance(tx, folder->folder_id, uid + 1) : status;
}

enum status imap_mail_done(struct db_tx *tx, const struct imap_folder *folder, int64_t uid)
{
	DB_QUERY(q, tx->db, &sql_mail_done);
	db_bind_int(q, 1, folder->folder_id);
	db_bind_int(q, 2, folder->uid_validity);
	db_bind_int(q, 3, uid);
	return db_run(q);
}

enum status imap_mails_kept(struct db *db, const struct imap_folder *folder, int64_t *uids,
	size_t max, size_t *count_out)
{
	DB_QUERY(q, db, &sql_mails_kept);
	db_bind_int(q, 1, folder->folder_id);
	db_bind_int(q, 2, folder->uid_validity);
	db_bind_int(q, 3, (int64_t)max);
	enum db_step step;
	for (*count_out = 0; (step = db_step(q)) == DB_ROW && *count_out < max; ++*count_out)
		uids[*count_out] = db_col_int(q, 0);
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}
