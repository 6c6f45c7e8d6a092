/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/media_store.h"

DB_SQL(sql_find, "SELECT user_id, sha256, size, content_type, filename, created_ts, expires_ts"
		 " FROM media WHERE media_id = ?1");
DB_SQL(sql_add,
	"INSERT INTO media (media_id, user_id, sha256, size, content_type, filename, created_ts)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
DB_SQL(sql_reserve, "INSERT INTO media (media_id, user_id, created_ts, expires_ts)"
		    " VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_expire, "DELETE FROM media WHERE user_id = ?1 AND expires_ts <= ?2 AND sha256 IS NULL");
DB_SQL(sql_expire_all, "DELETE FROM media WHERE sha256 IS NULL AND expires_ts <= ?1");
DB_SQL(sql_names, "SELECT 1 FROM media WHERE sha256 = ?1 LIMIT 1");
DB_SQL(sql_reserved, "SELECT count(*) FROM media WHERE user_id = ?1 AND sha256 IS NULL");
DB_SQL(sql_fill, "UPDATE media SET sha256 = ?2, size = ?3, content_type = ?4, filename = ?5,"
		 " created_ts = ?6, expires_ts = NULL WHERE media_id = ?1");

enum status media_store_find(
	struct db *db, struct arena *arena, struct str media_id, struct media *out)
{
	DB_QUERY(q, db, &sql_find);
	db_bind_str(q, 1, media_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	struct str hash = db_col_blob(q, 1);
	*out = (struct media){
		.media_id = media_id,
		.user_id = db_col_dup(q, 0, arena),
		.sha256 = db_col_is_null(q, 1) ? STR_EMPTY : arena_str(arena, hash),
		.size = db_col_int(q, 2),
		.content_type = db_col_dup(q, 3, arena),
		.filename = db_col_dup(q, 4, arena),
		.created_ts = db_col_int(q, 5),
		.expires_ts = db_col_int(q, 6),
	};
	return STATUS_OK;
}

static struct str text_of(struct str text)
{
	return text.p == NULL ? STR("") : text;
}

enum status media_store_add(struct db_tx *tx, const struct media *media)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_str(q, 1, media->media_id);
	db_bind_str(q, 2, media->user_id);
	db_bind_blob(q, 3, media->sha256);
	db_bind_int(q, 4, media->size);
	db_bind_str(q, 5, text_of(media->content_type));
	db_bind_str(q, 6, text_of(media->filename));
	db_bind_int(q, 7, media->created_ts);
	return db_run(q);
}

MUST_CHECK static enum status make_room(struct db_tx *tx, const struct media *media)
{
	{
		DB_QUERY(q, tx->db, &sql_expire);
		db_bind_str(q, 1, media->user_id);
		db_bind_int(q, 2, media->created_ts);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	DB_QUERY(q, tx->db, &sql_reserved);
	db_bind_str(q, 1, media->user_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	return db_col_int(q, 0) >= MEDIA_RESERVED_MAX ? STATUS_LIMITED : STATUS_OK;
}

enum status media_store_reserve(struct db_tx *tx, const struct media *media)
{
	enum status status = make_room(tx, media);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_reserve);
	db_bind_str(q, 1, media->media_id);
	db_bind_str(q, 2, media->user_id);
	db_bind_int(q, 3, media->created_ts);
	db_bind_int(q, 4, media->expires_ts);
	return db_run(q);
}

enum status media_store_fill(struct db_tx *tx, const struct media *media)
{
	struct media reserved;
	enum status status = media_store_find(tx->db, tx->arena, media->media_id, &reserved);
	if (status != STATUS_OK)
		return status;
	if (!str_eq(reserved.user_id, media->user_id))
		return STATUS_DENIED;
	if (reserved.sha256.p != NULL)
		return STATUS_EXISTS;
	if (reserved.expires_ts <= media->created_ts)
		return STATUS_NOT_FOUND;
	DB_QUERY(q, tx->db, &sql_fill);
	db_bind_str(q, 1, media->media_id);
	db_bind_blob(q, 2, media->sha256);
	db_bind_int(q, 3, media->size);
	db_bind_str(q, 4, text_of(media->content_type));
	db_bind_str(q, 5, text_of(media->filename));
	db_bind_int(q, 6, media->created_ts);
	return db_run(q);
}

enum status media_store_expire(struct db_tx *tx, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_expire_all);
	db_bind_int(q, 1, now);
	return db_run(q);
}

enum status media_store_names(struct db *db, struct str sha256, bool *out)
{
	DB_QUERY(q, db, &sql_names);
	db_bind_blob(q, 1, sha256);
	enum status status = db_first(q);
	*out = status == STATUS_OK;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
