/* SPDX-License-Identifier: Apache-2.0 */
/* Cross-signing keys and added signatures of key_store.h. */
#include "homeserver/store/key_store.h"

DB_SQL(sql_find, "SELECT public_key, json FROM cross_signing_keys"
		 " WHERE user_id = ?1 AND usage = ?2");
DB_SQL(sql_is_key, "SELECT 1 FROM cross_signing_keys WHERE user_id = ?1 AND public_key = ?2");
DB_SQL(sql_put, "INSERT INTO cross_signing_keys (user_id, usage, public_key, json)"
		" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (user_id, usage) DO UPDATE"
		" SET public_key = excluded.public_key, json = excluded.json");
DB_SQL(sql_delete, "DELETE FROM cross_signing_keys WHERE user_id = ?1 AND usage = ?2");
DB_SQL(sql_drop_on, "DELETE FROM key_signatures WHERE user_id = ?1 AND key = ?2");
DB_SQL(sql_drop_by, "DELETE FROM key_signatures WHERE signer_id = ?1 AND signer_key = ?2");
DB_SQL(sql_signatures, "SELECT key, signer_id, signer_key, signature FROM key_signatures"
		       " WHERE user_id = ?1 AND signer_id IN (?1, ?2)");
DB_SQL(sql_signature_put,
	"INSERT INTO key_signatures (user_id, key, signer_id, signer_key, signature)"
	" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (user_id, signer_id, key, signer_key)"
	" DO UPDATE SET signature = excluded.signature");

enum status key_store_cross_signing_key(struct db *db, struct arena *arena, struct str user_id,
	struct str usage, struct cross_signing_key *out)
{
	DB_QUERY(q, db, &sql_find);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, usage);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct cross_signing_key){.usage = arena_str(arena, usage),
		.public_key = db_col_dup(q, 0, arena),
		.json = db_col_dup(q, 1, arena)};
	return STATUS_OK;
}

enum status key_store_is_cross_signing_key(
	struct db *db, struct str user_id, struct str public_key, bool *out)
{
	DB_QUERY(q, db, &sql_is_key);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, public_key);
	enum status status = db_first(q);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	*out = status == STATUS_OK;
	return STATUS_OK;
}

MUST_CHECK static enum status drop_signatures(
	struct db_tx *tx, const struct db_sql *sql, struct str user_id, struct str key)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, key);
	return db_run(q);
}

/* The signatures on and by the usage's key, unless that is `kept`. */
MUST_CHECK static enum status drop_old(
	struct db_tx *tx, struct str user_id, struct str usage, struct str kept)
{
	struct cross_signing_key old;
	enum status status = key_store_cross_signing_key(tx->db, tx->arena, user_id, usage, &old);
	if (status == STATUS_OK && !str_eq(old.public_key, kept)) {
		status = drop_signatures(tx, &sql_drop_on, user_id, old.public_key);
		if (status == STATUS_OK)
			status = drop_signatures(tx, &sql_drop_by, user_id, old.public_key);
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status key_store_cross_signing_put(
	struct db_tx *tx, struct str user_id, const struct cross_signing_key *key)
{
	enum status status = drop_old(tx, user_id, key->usage, key->public_key);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, key->usage);
	db_bind_str(q, 3, key->public_key);
	db_bind_str(q, 4, key->json);
	return db_run(q);
}

enum status key_store_cross_signing_delete(struct db_tx *tx, struct str user_id, struct str usage)
{
	enum status status = drop_old(tx, user_id, usage, STR_EMPTY);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_delete);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, usage);
	return db_run(q);
}

enum status key_store_signatures(struct db *db, struct arena *arena, struct str user_id,
	struct str viewer_id, struct key_signature_list *out)
{
	struct key_signature_list list = {0};
	DB_QUERY(q, db, &sql_signatures);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, viewer_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = (struct key_signature){
			.key = db_col_dup(q, 0, arena),
			.signer_id = db_col_dup(q, 1, arena),
			.signer_key = db_col_dup(q, 2, arena),
			.signature = db_col_dup(q, 3, arena),
		};
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

enum status key_store_signature_put(
	struct db_tx *tx, struct str user_id, const struct key_signature *signature)
{
	DB_QUERY(q, tx->db, &sql_signature_put);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, signature->key);
	db_bind_str(q, 3, signature->signer_id);
	db_bind_str(q, 4, signature->signer_key);
	db_bind_str(q, 5, signature->signature);
	return db_run(q);
}
