/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/key_store.h"

DB_SQL(sql_device_keys, "SELECT k.json, d.display_name FROM device_keys k LEFT JOIN devices d"
			" ON d.user_id = k.user_id AND d.device_id = k.device_id"
			" WHERE k.user_id = ?1 AND k.device_id = ?2");
DB_SQL(sql_device_keys_all,
	"SELECT k.device_id, k.json, d.display_name FROM device_keys k LEFT JOIN devices d"
	" ON d.user_id = k.user_id AND d.device_id = k.device_id"
	" WHERE k.user_id = ?1 ORDER BY k.device_id");
DB_SQL(sql_device_keys_put, "INSERT INTO device_keys (user_id, device_id, json) VALUES (?1, ?2, ?3)"
			    " ON CONFLICT (user_id, device_id) DO UPDATE SET json = excluded.json");

enum status key_store_device_keys(struct db *db, struct arena *arena, struct str user_id,
	struct str device_id, struct device_keys *out)
{
	DB_QUERY(q, db, &sql_device_keys);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct device_keys){.device_id = arena_str(arena, device_id),
		.json = db_col_dup(q, 0, arena),
		.display_name = db_col_dup(q, 1, arena)};
	return STATUS_OK;
}

enum status key_store_device_keys_all(
	struct db *db, struct arena *arena, struct str user_id, struct device_keys_list *out)
{
	struct device_keys_list list = {0};
	DB_QUERY(q, db, &sql_device_keys_all);
	db_bind_str(q, 1, user_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = (struct device_keys){
			.device_id = db_col_dup(q, 0, arena),
			.json = db_col_dup(q, 1, arena),
			.display_name = db_col_dup(q, 2, arena),
		};
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status key_store_device_keys_put(
	struct db_tx *tx, struct str user_id, struct str device_id, struct str json)
{
	DB_QUERY(q, tx->db, &sql_device_keys_put);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	db_bind_str(q, 3, json);
	return db_run(q);
}

DB_SQL(sql_drop_device_keys, "DELETE FROM device_keys WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_drop_one_time_keys, "DELETE FROM one_time_keys WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_drop_fallback_keys, "DELETE FROM fallback_keys WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_drop_signatures_on, "DELETE FROM key_signatures WHERE user_id = ?1 AND key = ?2");
DB_SQL(sql_drop_signatures_by,
	"DELETE FROM key_signatures WHERE signer_id = ?1 AND signer_key = ?2");
DB_SQL(sql_drop_messages, "DELETE FROM to_device_messages WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_drop_transactions,
	"DELETE FROM to_device_transactions WHERE user_id = ?1 AND device_id = ?2");

DB_SQL(sql_end_device_keys, "DELETE FROM device_keys WHERE user_id = ?1");
DB_SQL(sql_end_one_time_keys, "DELETE FROM one_time_keys WHERE user_id = ?1");
DB_SQL(sql_end_fallback_keys, "DELETE FROM fallback_keys WHERE user_id = ?1");
DB_SQL(sql_end_cross_signing, "DELETE FROM cross_signing_keys WHERE user_id = ?1");
DB_SQL(sql_end_signatures_on, "DELETE FROM key_signatures WHERE user_id = ?1");
DB_SQL(sql_end_signatures_by, "DELETE FROM key_signatures WHERE signer_id = ?1");
DB_SQL(sql_end_signed, "DELETE FROM key_signature_changes WHERE signer_id = ?1");
DB_SQL(sql_end_messages, "DELETE FROM to_device_messages WHERE user_id = ?1");
DB_SQL(sql_end_transactions, "DELETE FROM to_device_transactions WHERE user_id = ?1");
DB_SQL(sql_end_backups, "DELETE FROM key_backups WHERE user_id = ?1");
DB_SQL(sql_end_backup_keys, "DELETE FROM backup_keys WHERE user_id = ?1");

MUST_CHECK static enum status run_for(
	struct db_tx *tx, const struct db_sql *sql, struct str user_id, struct str key)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, user_id);
	if (key.p != NULL)
		db_bind_str(q, 2, key);
	return db_run(q);
}

enum status key_store_device_delete(
	struct db_tx *tx, struct str user_id, struct str device_id, bool *had_keys_out)
{
	static const struct db_sql *const rest[] = {&sql_drop_one_time_keys,
		&sql_drop_fallback_keys, &sql_drop_signatures_on, &sql_drop_signatures_by,
		&sql_drop_messages, &sql_drop_transactions};
	enum status status = run_for(tx, &sql_drop_device_keys, user_id, device_id);
	if (status != STATUS_OK)
		return status;
	*had_keys_out = db_changes(tx->db) > 0;
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]) && status == STATUS_OK; i++)
		status = run_for(tx, rest[i], user_id, device_id);
	return status;
}

enum status key_store_user_delete(struct db_tx *tx, struct str user_id)
{
	static const struct db_sql *const all[] = {&sql_end_device_keys, &sql_end_one_time_keys,
		&sql_end_fallback_keys, &sql_end_cross_signing, &sql_end_signatures_on,
		&sql_end_signatures_by, &sql_end_signed, &sql_end_messages, &sql_end_transactions,
		&sql_end_backups, &sql_end_backup_keys};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && status == STATUS_OK; i++)
		status = run_for(tx, all[i], user_id, STR_EMPTY);
	return status;
}
