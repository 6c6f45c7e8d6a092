/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/account_store.h"

#include "common/base/mem.h"
#include "homeserver/store/profile_store.h"

DB_SQL(sql_account_find, "SELECT password, appservice_id, created_ts, is_admin, deactivated, "
			 "is_guest, locked, suspended FROM users WHERE user_id = ?1");
DB_SQL(sql_account_exists, "SELECT 1 FROM users WHERE user_id = ?1 AND deactivated = 0");
DB_SQL(sql_account_insert, "INSERT INTO users (user_id, password, appservice_id, is_admin, "
			   "created_ts, is_guest) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
DB_SQL(sql_account_set_password, "UPDATE users SET password = ?2 WHERE user_id = ?1");
DB_SQL(sql_account_upgrade_guest,
	"UPDATE users SET password = ?2, is_guest = 0 WHERE user_id = ?1 AND is_guest = 1");
DB_SQL(sql_account_set_locked, "UPDATE users SET locked = ?2 WHERE user_id = ?1");
DB_SQL(sql_account_set_suspended, "UPDATE users SET suspended = ?2 WHERE user_id = ?1");
DB_SQL(sql_account_deactivate, "UPDATE users SET deactivated = 1, password = NULL, is_admin = 0, "
			       "displayname = NULL, avatar_url = NULL WHERE user_id = ?1");
DB_SQL(sql_account_erase, "INSERT OR IGNORE INTO erased_users (user_id, position) VALUES (?1, ?2)");
DB_SQL(sql_account_erased_at, "SELECT position FROM erased_users WHERE user_id = ?1");
DB_SQL(sql_account_any_erased, "SELECT 1 FROM erased_users WHERE user_id > '' LIMIT 1");
DB_SQL(sql_account_drop_words,
	"DELETE FROM user_words WHERE rowid = (SELECT id FROM users WHERE user_id = ?1)");
DB_SQL(sql_account_drop_fields, "DELETE FROM profile_fields WHERE user_id = ?1");
DB_SQL(sql_account_drop_access, "DELETE FROM access_tokens WHERE user_id = ?1");
DB_SQL(sql_account_drop_refresh, "DELETE FROM refresh_tokens WHERE user_id = ?1");
DB_SQL(sql_account_drop_short, "DELETE FROM short_tokens WHERE user_id = ?1");
DB_SQL(sql_account_drop_devices, "DELETE FROM devices WHERE user_id = ?1");
DB_SQL(sql_account_drop_data, "DELETE FROM account_data WHERE user_id = ?1");
DB_SQL(sql_account_drop_dehydrated, "DELETE FROM dehydrated_devices WHERE user_id = ?1");
DB_SQL(sql_account_drop_filters, "DELETE FROM filters WHERE user_id = ?1");

enum status account_find(
	struct db *db, struct arena *arena, struct str user_id, struct account *out)
{
	DB_QUERY(q, db, &sql_account_find);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct account){
		.user_id = arena_str(arena, user_id),
		.password = db_col_dup(q, 0, arena),
		.appservice_id = db_col_dup(q, 1, arena),
		.created_ts = db_col_int(q, 2),
		.is_admin = db_col_bool(q, 3),
		.deactivated = db_col_bool(q, 4),
		.is_guest = db_col_bool(q, 5),
		.locked = db_col_bool(q, 6),
		.suspended = db_col_bool(q, 7),
	};
	return STATUS_OK;
}

enum status account_exists(struct db *db, struct str user_id)
{
	DB_QUERY(q, db, &sql_account_exists);
	db_bind_str(q, 1, user_id);
	return db_first(q);
}

static struct str localpart_of(struct str user_id)
{
	ptrdiff_t colon = str_index(user_id, ':');
	return str_slice(user_id, 1, colon < 1 ? user_id.n : (size_t)colon - 1);
}

enum status account_create(struct db_tx *tx, const struct account *account)
{
	{
		DB_QUERY(q, tx->db, &sql_account_insert);
		db_bind_str(q, 1, account->user_id);
		db_bind_str(q, 2, account->password);
		db_bind_str(q, 3, account->appservice_id);
		db_bind_bool(q, 4, account->is_admin);
		db_bind_int(q, 5, account->created_ts);
		db_bind_bool(q, 6, account->is_guest);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	return profile_set_displayname(tx, account->user_id, localpart_of(account->user_id));
}

enum status account_set_password(struct db_tx *tx, struct str user_id, struct str encoded)
{
	DB_QUERY(q, tx->db, &sql_account_set_password);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, encoded);
	enum status status = db_run(q);
	if (status == STATUS_OK && db_changes(tx->db) == 0)
		status = STATUS_NOT_FOUND;
	return status;
}

enum status account_upgrade_guest(struct db_tx *tx, struct str user_id, struct str encoded)
{
	DB_QUERY(q, tx->db, &sql_account_upgrade_guest);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, encoded);
	enum status status = db_run(q);
	if (status == STATUS_OK && db_changes(tx->db) == 0)
		status = STATUS_NOT_FOUND;
	return status;
}

static enum status set_flag(
	struct db_tx *tx, const struct db_sql *sql, struct str user_id, bool value)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, user_id);
	db_bind_bool(q, 2, value);
	enum status status = db_run(q);
	if (status == STATUS_OK && db_changes(tx->db) == 0)
		status = STATUS_NOT_FOUND;
	return status;
}

enum status account_set_locked(struct db_tx *tx, struct str user_id, bool locked)
{
	return set_flag(tx, &sql_account_set_locked, user_id, locked);
}

enum status account_set_suspended(struct db_tx *tx, struct str user_id, bool suspended)
{
	return set_flag(tx, &sql_account_set_suspended, user_id, suspended);
}

enum status account_deactivate(struct db_tx *tx, struct str user_id)
{
	const struct db_sql *const steps[] = {
		&sql_account_drop_words,
		&sql_account_deactivate,
		&sql_account_drop_fields,
		&sql_account_drop_access,
		&sql_account_drop_refresh,
		&sql_account_drop_short,
		&sql_account_drop_devices,
		&sql_account_drop_data,
		&sql_account_drop_dehydrated,
		&sql_account_drop_filters,
	};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		DB_QUERY(q, tx->db, steps[i]);
		db_bind_str(q, 1, user_id);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status account_erase(struct db_tx *tx, struct str user_id, int64_t position)
{
	DB_QUERY(q, tx->db, &sql_account_erase);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, position);
	return db_run(q);
}

enum status account_erased_at(struct db *db, struct str user_id, int64_t *position_out)
{
	DB_QUERY(q, db, &sql_account_erased_at);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*position_out = db_col_int(q, 0);
	return status;
}

enum status account_any_erased(struct db *db, bool *out)
{
	DB_QUERY(q, db, &sql_account_any_erased);
	enum status status = db_first(q);
	*out = status == STATUS_OK;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
