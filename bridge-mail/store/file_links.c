/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/file_links.h"

DB_SQL(sql_put, "INSERT INTO file_links (event_id, mxc, name, content_type, created_at, expires_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (event_id) DO UPDATE SET"
		" mxc = excluded.mxc, name = excluded.name, content_type = excluded.content_type,"
		" expires_at = excluded.expires_at RETURNING link_id");
DB_SQL(sql_get, "SELECT link_id, event_id, mxc, name, content_type, created_at, expires_at,"
		" revoked, downloads FROM file_links WHERE link_id = ?1");
DB_SQL(sql_count, "UPDATE file_links SET downloads = downloads + 1 WHERE link_id = ?1");
DB_SQL(sql_revoke, "UPDATE file_links SET revoked = 1 WHERE event_id = ?1");
DB_SQL(sql_prune, "DELETE FROM file_links WHERE expires_at < ?1");

enum status file_links_put(struct db_tx *tx, const struct file_link *link, int64_t *link_id_out)
{
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_str(q, 1, link->event_id);
	db_bind_str(q, 2, link->mxc);
	db_bind_str(q, 3, link->name);
	db_bind_str(q, 4, link->content_type.p == NULL ? STR("") : link->content_type);
	db_bind_int(q, 5, link->created_at);
	db_bind_int(q, 6, link->expires_at);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*link_id_out = db_col_int(q, 0);
	return status;
}

enum status file_links_get(
	struct db *db, int64_t link_id, struct arena *arena, struct file_link *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_int(q, 1, link_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct file_link){
		.link_id = db_col_int(q, 0),
		.event_id = db_col_dup(q, 1, arena),
		.mxc = db_col_dup(q, 2, arena),
		.name = db_col_dup(q, 3, arena),
		.content_type = db_col_dup(q, 4, arena),
		.created_at = db_col_int(q, 5),
		.expires_at = db_col_int(q, 6),
		.revoked = db_col_bool(q, 7),
		.downloads = db_col_int(q, 8),
	};
	return STATUS_OK;
}

static enum status run_by_id(struct db_tx *tx, const struct db_sql *sql, int64_t value)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_int(q, 1, value);
	return db_run(q);
}

enum status file_links_count_download(struct db_tx *tx, int64_t link_id)
{
	return run_by_id(tx, &sql_count, link_id);
}

enum status file_links_revoke(struct db_tx *tx, struct str event_id)
{
	DB_QUERY(q, tx->db, &sql_revoke);
	db_bind_str(q, 1, event_id);
	return db_run(q);
}

enum status file_links_prune(struct db_tx *tx, int64_t before)
{
	return run_by_id(tx, &sql_prune, before);
}
