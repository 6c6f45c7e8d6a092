/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of device lists of key_store.h. */
#include "homeserver/store/key_store.h"

DB_SQL(sql_mark, "INSERT INTO device_list_changes (user_id, position) VALUES (?1, ?2)"
		 " ON CONFLICT (user_id) DO UPDATE SET position = excluded.position");
DB_SQL(sql_mark_signed,
	"INSERT INTO key_signature_changes (signer_id, user_id, position) VALUES (?1, ?2, ?3)"
	" ON CONFLICT (signer_id, user_id) DO UPDATE SET position = excluded.position");
DB_SQL(sql_changes, "SELECT user_id FROM device_list_changes"
		    " WHERE position > ?1 AND position <= ?2 ORDER BY position");
DB_SQL(sql_signed, "SELECT user_id FROM key_signature_changes"
		   " WHERE signer_id = ?3 AND position > ?1 AND position <= ?2");

/* membership: 2 join, 4 leave, 5 ban. A stay that began after P has its row's position after P,
 * and that is what the index knows. */
#define MINE                                                                         \
	"SELECT DISTINCT n.name FROM memberships mine JOIN memberships theirs"       \
	" ON theirs.room = mine.room JOIN names n ON n.id = theirs.user WHERE mine." \
	"user = (SELECT id FROM names WHERE name = ?1) AND theirs.user <> mine.user"
DB_SQL(sql_they_joined, MINE " AND mine.membership = 2 AND theirs.membership = 2"
			     " AND theirs.position > ?2 AND theirs.joined_since > ?2");
DB_SQL(sql_i_joined, MINE " AND mine.membership = 2 AND mine.joined_since > ?2"
			  " AND theirs.membership = 2");
DB_SQL(sql_they_parted, MINE " AND mine.membership = 2 AND theirs.membership IN (4, 5)"
			     " AND theirs.position > ?2");
DB_SQL(sql_i_parted, MINE " AND mine.membership IN (4, 5) AND mine.position > ?2"
			  " AND theirs.membership = 2");

enum status device_list_store_mark(struct db_tx *tx, struct str user_id, int64_t position)
{
	DB_QUERY(q, tx->db, &sql_mark);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, position);
	return db_run(q);
}

enum status device_list_store_mark_signed(
	struct db_tx *tx, struct str signer_id, struct str user_id, int64_t position)
{
	DB_QUERY(q, tx->db, &sql_mark_signed);
	db_bind_str(q, 1, signer_id);
	db_bind_str(q, 2, user_id);
	db_bind_int(q, 3, position);
	return db_run(q);
}

/* Adds the first column of all rows to the list. */
MUST_CHECK static enum status gather(struct db_query *q, struct arena *arena, struct str_list *list)
{
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, list) = db_col_dup(q, 0, arena);
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}

enum status device_list_store_changes(
	struct db *db, struct arena *arena, int64_t after, int64_t upto, struct str_list *out)
{
	DB_QUERY(q, db, &sql_changes);
	db_bind_int(q, 1, after);
	db_bind_int(q, 2, upto);
	*out = (struct str_list){0};
	return gather(q, arena, out);
}

enum status device_list_store_signed(struct db *db, struct arena *arena, struct str signer_id,
	int64_t after, int64_t upto, struct str_list *out)
{
	DB_QUERY(q, db, &sql_signed);
	db_bind_int(q, 1, after);
	db_bind_int(q, 2, upto);
	db_bind_str(q, 3, signer_id);
	*out = (struct str_list){0};
	return gather(q, arena, out);
}

MUST_CHECK static enum status gather_members(struct db *db, struct arena *arena,
	const struct db_sql *sql, struct str user_id, int64_t after, struct str_list *list)
{
	DB_QUERY(q, db, sql);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, after);
	return gather(q, arena, list);
}

enum status device_list_store_joined(
	struct db *db, struct arena *arena, struct str user_id, int64_t after, struct str_list *out)
{
	*out = (struct str_list){0};
	enum status status = gather_members(db, arena, &sql_they_joined, user_id, after, out);
	if (status != STATUS_OK)
		return status;
	return gather_members(db, arena, &sql_i_joined, user_id, after, out);
}

enum status device_list_store_parted(
	struct db *db, struct arena *arena, struct str user_id, int64_t after, struct str_list *out)
{
	*out = (struct str_list){0};
	enum status status = gather_members(db, arena, &sql_they_parted, user_id, after, out);
	if (status != STATUS_OK)
		return status;
	return gather_members(db, arena, &sql_i_parted, user_id, after, out);
}
