/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/token_store.h"

#include "common/base/mem.h"
#include "common/crypto/hash.h"

DB_SQL(sql_token_find_access,
	"SELECT t.user_id, t.device_id, t.expires_ts, d.last_seen_ts, d.last_seen_ip, u.is_admin, "
	"t.replaces IS NOT NULL, u.is_guest, u.locked, u.suspended FROM access_tokens t "
	"JOIN users u ON u.user_id = t.user_id AND u.deactivated = 0 "
	"JOIN devices d ON d.user_id = t.user_id AND d.device_id = t.device_id "
	"WHERE t.hash = ?1");
DB_SQL(sql_token_find_refresh,
	"SELECT t.user_id, t.device_id, NULL, d.last_seen_ts, d.last_seen_ip, u.is_admin, "
	"t.replaces IS NOT NULL, u.is_guest, u.locked, u.suspended FROM refresh_tokens t "
	"JOIN users u ON u.user_id = t.user_id AND u.deactivated = 0 "
	"JOIN devices d ON d.user_id = t.user_id AND d.device_id = t.device_id "
	"WHERE t.hash = ?1");
DB_SQL(sql_token_add_access, "INSERT INTO access_tokens (hash, user_id, device_id, expires_ts, "
			     "replaces) VALUES (?1, ?2, ?3, ?4, ?5)");
DB_SQL(sql_token_add_refresh, "INSERT INTO refresh_tokens (hash, user_id, device_id, access_hash, "
			      "replaces) VALUES (?1, ?2, ?3, ?4, ?5)");
DB_SQL(sql_token_replaced_by_access, "SELECT replaces FROM access_tokens WHERE hash = ?1");
DB_SQL(sql_token_replaced_by_refresh, "SELECT replaces FROM refresh_tokens WHERE hash = ?1");
DB_SQL(sql_token_drop_access_of, "DELETE FROM access_tokens WHERE hash = "
				 "(SELECT access_hash FROM refresh_tokens WHERE hash = ?1)");
DB_SQL(sql_token_drop_refresh, "DELETE FROM refresh_tokens WHERE hash = ?1");
DB_SQL(sql_token_settle_access, "UPDATE access_tokens SET replaces = NULL WHERE hash = ?1");
DB_SQL(sql_token_settle_refresh, "UPDATE refresh_tokens SET replaces = NULL WHERE hash = ?1");
DB_SQL(sql_token_drop_unused_access, "DELETE FROM access_tokens "
				     "WHERE user_id = ?1 AND device_id = ?2 AND replaces = ?3");
DB_SQL(sql_token_drop_unused_refresh, "DELETE FROM refresh_tokens "
				      "WHERE user_id = ?1 AND device_id = ?2 AND replaces = ?3");
DB_SQL(sql_token_drop_device_access,
	"DELETE FROM access_tokens WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_token_drop_device_refresh,
	"DELETE FROM refresh_tokens WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_token_add_short, "INSERT INTO short_tokens (hash, purpose, user_id, expires_ts) "
			    "VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_token_drop_expired, "DELETE FROM short_tokens WHERE expires_ts < ?1");
DB_SQL(sql_token_find_short, "SELECT user_id FROM short_tokens "
			     "WHERE hash = ?1 AND purpose = ?2 AND expires_ts >= ?3");
DB_SQL(sql_token_drop_short, "DELETE FROM short_tokens WHERE hash = ?1");

struct token_hash {
	uint8_t bytes[SHA256_BYTES];
};

static struct token_hash hash_of(struct str token)
{
	struct token_hash hash = {.bytes = {0}};
	sha256(token, hash.bytes);
	return hash;
}

static struct str hash_str(const struct token_hash *hash)
{
	return str_n((const char *)hash->bytes, SHA256_BYTES);
}

static enum status find(struct db *db, struct arena *arena, const struct db_sql *sql,
	struct str token, struct token_owner *out)
{
	struct token_hash hash = hash_of(token);
	DB_QUERY(q, db, sql);
	db_bind_blob(q, 1, hash_str(&hash));
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct token_owner){
		.user_id = db_col_dup(q, 0, arena),
		.device_id = db_col_dup(q, 1, arena),
		.expires_ts = db_col_int(q, 2),
		.device_seen_ts = db_col_int(q, 3),
		.device_seen_ip = db_col_dup(q, 4, arena),
		.is_admin = db_col_bool(q, 5),
		.first_use = db_col_bool(q, 6),
		.is_guest = db_col_bool(q, 7),
		.locked = db_col_bool(q, 8),
		.suspended = db_col_bool(q, 9),
	};
	return STATUS_OK;
}

enum status token_find_access(
	struct db *db, struct arena *arena, struct str token, struct token_owner *out)
{
	return find(db, arena, &sql_token_find_access, token, out);
}

enum status token_find_refresh(
	struct db *db, struct arena *arena, struct str token, struct token_owner *out)
{
	return find(db, arena, &sql_token_find_refresh, token, out);
}

/* A refresh that is repeated because its answer was lost: the pair given then was never used. */
static enum status drop_unused_pairs(struct db_tx *tx, const struct token_pair *pair)
	REQUIRES(on_writer)
{
	if (pair->replaces.p == NULL)
		return STATUS_OK;
	struct token_hash replaces = hash_of(pair->replaces);
	const struct db_sql *const steps[] = {
		&sql_token_drop_unused_access, &sql_token_drop_unused_refresh};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		DB_QUERY(q, tx->db, steps[i]);
		db_bind_str(q, 1, pair->user_id);
		db_bind_str(q, 2, pair->device_id);
		db_bind_blob(q, 3, hash_str(&replaces));
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static void bind_replaces(struct db_query *q, int i, struct str token, struct token_hash *hash)
{
	if (token.p == NULL) {
		db_bind_null(q, i);
		return;
	}
	*hash = hash_of(token);
	db_bind_blob(q, i, hash_str(hash));
}

static enum status add_access(struct db_tx *tx, const struct token_pair *pair) REQUIRES(on_writer)
{
	struct token_hash hash = hash_of(pair->access);
	struct token_hash replaces;
	DB_QUERY(q, tx->db, &sql_token_add_access);
	db_bind_blob(q, 1, hash_str(&hash));
	db_bind_str(q, 2, pair->user_id);
	db_bind_str(q, 3, pair->device_id);
	if (pair->expires_ts != 0)
		db_bind_int(q, 4, pair->expires_ts);
	else
		db_bind_null(q, 4);
	bind_replaces(q, 5, pair->replaces, &replaces);
	return db_run(q);
}

static enum status add_refresh(struct db_tx *tx, const struct token_pair *pair) REQUIRES(on_writer)
{
	struct token_hash hash = hash_of(pair->refresh);
	struct token_hash access = hash_of(pair->access);
	struct token_hash replaces;
	DB_QUERY(q, tx->db, &sql_token_add_refresh);
	db_bind_blob(q, 1, hash_str(&hash));
	db_bind_str(q, 2, pair->user_id);
	db_bind_str(q, 3, pair->device_id);
	db_bind_blob(q, 4, hash_str(&access));
	bind_replaces(q, 5, pair->replaces, &replaces);
	return db_run(q);
}

enum status token_add_pair(struct db_tx *tx, const struct token_pair *pair)
{
	enum status status = drop_unused_pairs(tx, pair);
	if (status == STATUS_OK)
		status = add_access(tx, pair);
	if (status == STATUS_OK && pair->refresh.p != NULL)
		status = add_refresh(tx, pair);
	return status;
}

static enum status run_with_hash(struct db_tx *tx, const struct db_sql *sql,
	const struct token_hash *hash) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_blob(q, 1, hash_str(hash));
	return db_run(q);
}

/* Revokes the refresh token that `hash`, in the table that `sql_replaced` reads, came from. */
static enum status revoke_replaced(struct db_tx *tx, const struct token_hash *hash,
	const struct db_sql *sql_replaced, const struct db_sql *sql_settle) REQUIRES(on_writer)
{
	struct token_hash old;
	{
		DB_QUERY(q, tx->db, sql_replaced);
		db_bind_blob(q, 1, hash_str(hash));
		enum status status = db_first(q);
		if (status != STATUS_OK)
			return status == STATUS_NOT_FOUND ? STATUS_OK : status;
		struct str replaced = db_col_blob(q, 0);
		if (replaced.n != SHA256_BYTES)
			return STATUS_OK;
		memcpy(old.bytes, replaced.p, SHA256_BYTES);
	}
	enum status status = run_with_hash(tx, &sql_token_drop_access_of, &old);
	if (status == STATUS_OK)
		status = run_with_hash(tx, &sql_token_drop_refresh, &old);
	if (status == STATUS_OK)
		status = run_with_hash(tx, sql_settle, hash);
	return status;
}

enum status token_used(struct db_tx *tx, struct str access_token)
{
	struct token_hash hash = hash_of(access_token);
	return revoke_replaced(tx, &hash, &sql_token_replaced_by_access, &sql_token_settle_access);
}

enum status token_refresh_used(struct db_tx *tx, struct str refresh_token)
{
	struct token_hash hash = hash_of(refresh_token);
	return revoke_replaced(
		tx, &hash, &sql_token_replaced_by_refresh, &sql_token_settle_refresh);
}

enum status token_drop_device(struct db_tx *tx, struct str user_id, struct str device_id)
{
	const struct db_sql *const steps[] = {
		&sql_token_drop_device_access, &sql_token_drop_device_refresh};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		DB_QUERY(q, tx->db, steps[i]);
		db_bind_str(q, 1, user_id);
		db_bind_str(q, 2, device_id);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static const char *purpose_name(enum token_purpose purpose)
{
	return purpose == TOKEN_LOGIN ? "login" : "openid";
}

enum status token_add_short(struct db_tx *tx, enum token_purpose purpose, struct str token,
	struct str user_id, int64_t expires_ts, int64_t now)
{
	{
		DB_QUERY(q, tx->db, &sql_token_drop_expired);
		db_bind_int(q, 1, now);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	struct token_hash hash = hash_of(token);
	DB_QUERY(q, tx->db, &sql_token_add_short);
	db_bind_blob(q, 1, hash_str(&hash));
	db_bind_c_str(q, 2, purpose_name(purpose));
	db_bind_str(q, 3, user_id);
	db_bind_int(q, 4, expires_ts);
	return db_run(q);
}

enum status token_find_short(struct db *db, struct arena *arena, enum token_purpose purpose,
	struct str token, int64_t now, struct str *user_id_out)
{
	struct token_hash hash = hash_of(token);
	DB_QUERY(q, db, &sql_token_find_short);
	db_bind_blob(q, 1, hash_str(&hash));
	db_bind_c_str(q, 2, purpose_name(purpose));
	db_bind_int(q, 3, now);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*user_id_out = db_col_dup(q, 0, arena);
	return status;
}

enum status token_take_short(struct db_tx *tx, enum token_purpose purpose, struct str token,
	int64_t now, struct str *user_id_out)
{
	enum status status = token_find_short(tx->db, tx->arena, purpose, token, now, user_id_out);
	if (status != STATUS_OK)
		return status;
	struct token_hash hash = hash_of(token);
	return run_with_hash(tx, &sql_token_drop_short, &hash);
}
