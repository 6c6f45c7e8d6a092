/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/filter_store.h"

#include "common/crypto/hash.h"

DB_SQL(sql_filter_get, "SELECT content FROM filters WHERE user_id = ?1 AND filter_id = ?2");
DB_SQL(sql_filter_same, "SELECT filter_id FROM filters WHERE user_id = ?1 AND hash = ?2");
DB_SQL(sql_filter_last, "SELECT coalesce(max(filter_id), 0) FROM filters WHERE user_id = ?1");
DB_SQL(sql_filter_put,
	"INSERT INTO filters (user_id, filter_id, hash, content) VALUES (?1, ?2, ?3, ?4)");

enum status filter_get(struct db *db, struct arena *arena, struct str user_id, int64_t filter_id,
	struct str *content_out)
{
	DB_QUERY(q, db, &sql_filter_get);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, filter_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*content_out = db_col_dup(q, 0, arena);
	return status;
}

static enum status find_same(struct db_tx *tx, struct str user_id, struct str hash, int64_t *out)
	REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_filter_same);
	db_bind_str(q, 1, user_id);
	db_bind_blob(q, 2, hash);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}

static enum status next_id(struct db_tx *tx, struct str user_id, int64_t *out) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_filter_last);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = db_col_int(q, 0) + 1;
	return *out > FILTER_MAX_PER_USER ? STATUS_TOO_LARGE : STATUS_OK;
}

enum status filter_put(
	struct db_tx *tx, struct str user_id, struct str content, int64_t *filter_id_out)
{
	uint8_t digest[SHA256_BYTES];
	sha256(content, digest);
	struct str hash = str_n((const char *)digest, sizeof(digest));
	int64_t filter_id;
	enum status status = find_same(tx, user_id, hash, &filter_id);
	if (status == STATUS_NOT_FOUND) {
		status = next_id(tx, user_id, &filter_id);
		if (status != STATUS_OK)
			return status;
		DB_QUERY(q, tx->db, &sql_filter_put);
		db_bind_str(q, 1, user_id);
		db_bind_int(q, 2, filter_id);
		db_bind_blob(q, 3, hash);
		db_bind_str(q, 4, content);
		status = db_run(q);
	}
	if (status == STATUS_OK)
		*filter_id_out = filter_id;
	return status;
}
