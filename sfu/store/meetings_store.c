/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/store/meetings_store.h"

#include "common/base/fs.h"

extern const struct db_migration sfu_migrations[];
extern const size_t sfu_migrations_count;

DB_SQL(sql_add, "INSERT INTO meetings (meeting_id, objective, creator, created_ms)"
		" VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_start,
	"UPDATE meetings SET started_ms = ?2 WHERE meeting_id = ?1 AND started_ms IS NULL");
DB_SQL(sql_purge, "DELETE FROM meetings WHERE created_ms < ?1");
DB_SQL(sql_get, "SELECT objective, creator, created_ms, started_ms FROM meetings"
		" WHERE meeting_id = ?1");

enum status meetings_store_open(const char *folder, const char *path)
{
	struct db *db = NULL;
	enum status status = fs_make_dirs(folder, 0700);
	if (status == STATUS_OK)
		status = db_open(path, false, &db);
	if (status == STATUS_OK)
		status = db_migrate(db, sfu_migrations, sfu_migrations_count);
	db_close(&db);
	return status;
}

enum status meetings_store_add(struct db_tx *tx, const struct meeting_row *row)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_str(q, 1, row->id);
	db_bind_str(q, 2, row->objective);
	db_bind_str(q, 3, row->creator);
	db_bind_int(q, 4, row->created_ms);
	return db_run(q);
}

enum status meetings_store_start(struct db_tx *tx, struct str id, int64_t started_ms)
{
	DB_QUERY(q, tx->db, &sql_start);
	db_bind_str(q, 1, id);
	db_bind_int(q, 2, started_ms);
	return db_run(q);
}

enum status meetings_store_purge(struct db_tx *tx, int64_t before_ms)
{
	DB_QUERY(q, tx->db, &sql_purge);
	db_bind_int(q, 1, before_ms);
	return db_run(q);
}

enum status meetings_store_get(
	struct db *db, struct arena *arena, struct str id, struct meeting_row *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_str(q, 1, id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct meeting_row){
		.id = arena_str(arena, id),
		.objective = db_col_dup(q, 0, arena),
		.creator = db_col_dup(q, 1, arena),
		.created_ms = db_col_int(q, 2),
		.started_ms = db_col_is_null(q, 3) ? 0 : db_col_int(q, 3),
	};
	return STATUS_OK;
}
