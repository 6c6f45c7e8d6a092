/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/posts.h"

DB_SQL(sql_plan, "INSERT INTO posts (delivery_id, part, txn_id) VALUES (?1, ?2, ?3)"
		 " ON CONFLICT (delivery_id, part) DO NOTHING");
DB_SQL(sql_set_state, "UPDATE posts SET state = ?3 WHERE delivery_id = ?1 AND part = ?2");
DB_SQL(sql_next, "SELECT delivery_id, part, txn_id, state FROM posts"
		 " WHERE delivery_id = ?1 AND state < 2 ORDER BY part LIMIT 1");
DB_SQL(sql_upload_find, "SELECT mxc FROM uploads WHERE content_hash = ?1");
DB_SQL(sql_upload_put, "INSERT INTO uploads (content_hash, mxc, uploaded_at) VALUES (?1, ?2, ?3)"
		       " ON CONFLICT (content_hash) DO NOTHING");

enum status posts_plan(struct db_tx *tx, int64_t delivery_id, int64_t part, struct str txn_id)
{
	DB_QUERY(q, tx->db, &sql_plan);
	db_bind_int(q, 1, delivery_id);
	db_bind_int(q, 2, part);
	db_bind_str(q, 3, txn_id);
	return db_run(q);
}

enum status posts_set_state(
	struct db_tx *tx, int64_t delivery_id, int64_t part, enum post_state state)
{
	DB_QUERY(q, tx->db, &sql_set_state);
	db_bind_int(q, 1, delivery_id);
	db_bind_int(q, 2, part);
	db_bind_int(q, 3, state);
	return db_run(q);
}

enum status posts_next(struct db *db, int64_t delivery_id, struct arena *arena, struct post *out)
{
	DB_QUERY(q, db, &sql_next);
	db_bind_int(q, 1, delivery_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct post){
		.delivery_id = db_col_int(q, 0),
		.part = db_col_int(q, 1),
		.txn_id = db_col_dup(q, 2, arena),
		.state = (enum post_state)db_col_int(q, 3),
	};
	return STATUS_OK;
}

enum status upload_find(
	struct db *db, struct str content_hash, struct arena *arena, struct str *mxc_out)
{
	DB_QUERY(q, db, &sql_upload_find);
	db_bind_str(q, 1, content_hash);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*mxc_out = db_col_dup(q, 0, arena);
	return status;
}

enum status upload_put(
	struct db_tx *tx, struct str content_hash, struct str mxc, int64_t uploaded_at)
{
	DB_QUERY(q, tx->db, &sql_upload_put);
	db_bind_str(q, 1, content_hash);
	db_bind_str(q, 2, mxc);
	db_bind_int(q, 3, uploaded_at);
	return db_run(q);
}
