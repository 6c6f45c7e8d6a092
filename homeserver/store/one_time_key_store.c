/* SPDX-License-Identifier: Apache-2.0 */
/* One-time and fallback keys of key_store.h. */
#include "homeserver/store/key_store.h"

/* Claimed keys remembered per device and algorithm: more than a client keeps in flight. */
#define CLAIMED_KEPT 200

DB_SQL(sql_counts, "SELECT algorithm, count(*) FROM one_time_keys"
		   " WHERE user_id = ?1 AND device_id = ?2 AND claimed = 0 GROUP BY algorithm");
DB_SQL(sql_unused, "SELECT algorithm FROM fallback_keys"
		   " WHERE user_id = ?1 AND device_id = ?2 AND used = 0");
DB_SQL(sql_find, "SELECT id, json, claimed FROM one_time_keys"
		 " WHERE user_id = ?1 AND device_id = ?2 AND algorithm = ?3 AND key_id = ?4");
DB_SQL(sql_delete, "DELETE FROM one_time_keys WHERE id = ?1");
DB_SQL(sql_add, "INSERT INTO one_time_keys (user_id, device_id, algorithm, key_id, json)"
		" VALUES (?1, ?2, ?3, ?4, ?5)");
DB_SQL(sql_oldest, "SELECT id, key_id, json FROM one_time_keys WHERE user_id = ?1"
		   " AND device_id = ?2 AND claimed = 0 AND algorithm = ?3 ORDER BY id LIMIT 1");
DB_SQL(sql_take, "UPDATE one_time_keys SET claimed = 1 WHERE id = ?1");
DB_SQL(sql_forget, "DELETE FROM one_time_keys WHERE user_id = ?1 AND device_id = ?2 AND claimed = 1"
		   " AND algorithm = ?3 AND id <= (SELECT id FROM one_time_keys WHERE user_id = ?1"
		   " AND device_id = ?2 AND claimed = 1 AND algorithm = ?3 ORDER BY id DESC"
		   " LIMIT 1 OFFSET ?4)");
DB_SQL(sql_fallback, "SELECT key_id, json FROM fallback_keys"
		     " WHERE user_id = ?1 AND device_id = ?2 AND algorithm = ?3");
DB_SQL(sql_fallback_used, "UPDATE fallback_keys SET used = 1"
			  " WHERE user_id = ?1 AND device_id = ?2 AND algorithm = ?3");
DB_SQL(sql_fallback_put,
	"INSERT INTO fallback_keys (user_id, device_id, algorithm, key_id, json)"
	" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (user_id, device_id, algorithm) DO UPDATE"
	" SET used = CASE WHEN key_id = excluded.key_id AND json = excluded.json THEN used"
	" ELSE 0 END, key_id = excluded.key_id, json = excluded.json");
DB_SQL(sql_clear, "DELETE FROM one_time_keys WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_clear_fallback, "DELETE FROM fallback_keys WHERE user_id = ?1 AND device_id = ?2");

static void bind_device(struct db_query *q, struct str user_id, struct str device_id)
{
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
}

enum status key_store_one_time_counts(struct db *db, struct arena *arena, struct str user_id,
	struct str device_id, struct key_counts *out)
{
	struct key_counts list = {0};
	DB_QUERY(q, db, &sql_counts);
	bind_device(q, user_id, device_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = (struct key_count){
			.algorithm = db_col_dup(q, 0, arena), .count = db_col_int(q, 1)};
	if (step == DB_ERROR)
		return STATUS_IO;
	bool listed = false;
	for (size_t i = 0; i < list.count; i++)
		listed = listed || str_eq_c(list.items[i].algorithm, "signed_curve25519");
	if (!listed)
		ROWS_ADD(arena, &list)->algorithm = STR("signed_curve25519");
	*out = list;
	return STATUS_OK;
}

enum status key_store_unused_fallbacks(struct db *db, struct arena *arena, struct str user_id,
	struct str device_id, struct str_list *out)
{
	struct str_list list = {0};
	DB_QUERY(q, db, &sql_unused);
	bind_device(q, user_id, device_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = db_col_dup(q, 0, arena);
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

/* What stands under the key's id: *keep_out when nothing is to be added, *old_out when a row has
 * to go first. */
MUST_CHECK static enum status look_at_old(struct db_tx *tx, struct str user_id,
	struct str device_id, const struct one_time_key *key, bool *keep_out, int64_t *old_out)
{
	DB_QUERY(q, tx->db, &sql_find);
	bind_device(q, user_id, device_id);
	db_bind_str(q, 3, key->algorithm);
	db_bind_str(q, 4, key->key_id);
	*keep_out = false;
	*old_out = 0;
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	if (str_eq(db_col_str(q, 1), key->json))
		*keep_out = true;
	else if (db_col_bool(q, 2))
		*old_out = db_col_int(q, 0);
	else
		return STATUS_CONFLICT;
	return STATUS_OK;
}

MUST_CHECK static enum status run_on_id(struct db_tx *tx, const struct db_sql *sql, int64_t id)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_int(q, 1, id);
	return db_run(q);
}

enum status key_store_one_time_key_add(
	struct db_tx *tx, struct str user_id, struct str device_id, const struct one_time_key *key)
{
	bool keep = false;
	int64_t old = 0;
	enum status status = look_at_old(tx, user_id, device_id, key, &keep, &old);
	if (status == STATUS_OK && old != 0)
		status = run_on_id(tx, &sql_delete, old);
	if (status != STATUS_OK || keep)
		return status;
	DB_QUERY(q, tx->db, &sql_add);
	bind_device(q, user_id, device_id);
	db_bind_str(q, 3, key->algorithm);
	db_bind_str(q, 4, key->key_id);
	db_bind_str(q, 5, key->json);
	return db_run(q);
}

enum status key_store_fallback_put(
	struct db_tx *tx, struct str user_id, struct str device_id, const struct one_time_key *key)
{
	DB_QUERY(q, tx->db, &sql_fallback_put);
	bind_device(q, user_id, device_id);
	db_bind_str(q, 3, key->algorithm);
	db_bind_str(q, 4, key->key_id);
	db_bind_str(q, 5, key->json);
	return db_run(q);
}

/* STATUS_NOT_FOUND when no one-time key is left. */
MUST_CHECK static enum status take_one_time(struct db_tx *tx, struct str user_id,
	struct str device_id, struct str algorithm, struct one_time_key *out)
{
	int64_t id;
	{
		DB_QUERY(q, tx->db, &sql_oldest);
		bind_device(q, user_id, device_id);
		db_bind_str(q, 3, algorithm);
		enum status status = db_first(q);
		if (status != STATUS_OK)
			return status;
		id = db_col_int(q, 0);
		*out = (struct one_time_key){.algorithm = algorithm,
			.key_id = db_col_dup(q, 1, tx->arena),
			.json = db_col_dup(q, 2, tx->arena)};
	}
	enum status status = run_on_id(tx, &sql_take, id);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_forget);
	bind_device(q, user_id, device_id);
	db_bind_str(q, 3, algorithm);
	db_bind_int(q, 4, CLAIMED_KEPT);
	return db_run(q);
}

enum status key_store_claim(struct db_tx *tx, struct str user_id, struct str device_id,
	struct str algorithm, struct one_time_key *out)
{
	enum status status = take_one_time(tx, user_id, device_id, algorithm, out);
	if (status != STATUS_NOT_FOUND)
		return status;
	{
		DB_QUERY(q, tx->db, &sql_fallback);
		bind_device(q, user_id, device_id);
		db_bind_str(q, 3, algorithm);
		status = db_first(q);
		if (status != STATUS_OK)
			return status;
		*out = (struct one_time_key){.algorithm = algorithm,
			.key_id = db_col_dup(q, 0, tx->arena),
			.json = db_col_dup(q, 1, tx->arena)};
	}
	DB_QUERY(q, tx->db, &sql_fallback_used);
	bind_device(q, user_id, device_id);
	db_bind_str(q, 3, algorithm);
	return db_run(q);
}

MUST_CHECK static enum status run_on_device(
	struct db_tx *tx, const struct db_sql *sql, struct str user_id, struct str device_id)
{
	DB_QUERY(q, tx->db, sql);
	bind_device(q, user_id, device_id);
	return db_run(q);
}

enum status key_store_one_time_keys_clear(
	struct db_tx *tx, struct str user_id, struct str device_id)
{
	enum status status = run_on_device(tx, &sql_clear, user_id, device_id);
	if (status != STATUS_OK)
		return status;
	return run_on_device(tx, &sql_clear_fallback, user_id, device_id);
}
