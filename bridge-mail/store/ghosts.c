/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/ghosts.h"

DB_SQL(sql_put, "INSERT INTO ghosts (address, user_id, name) VALUES (?1, ?2, ?3)"
		" ON CONFLICT (address) DO UPDATE SET name = excluded.name");
DB_SQL(sql_find, "SELECT address, user_id, name FROM ghosts WHERE address = ?1");
DB_SQL(sql_by_user, "SELECT address, user_id, name FROM ghosts WHERE user_id = ?1");
DB_SQL(sql_join, "INSERT INTO ghost_rooms (room_id, user_id) VALUES (?1, ?2)"
		 " ON CONFLICT (room_id, user_id) DO NOTHING");
DB_SQL(sql_leave, "DELETE FROM ghost_rooms WHERE room_id = ?1 AND user_id = ?2");
DB_SQL(sql_is_joined, "SELECT 1 FROM ghost_rooms WHERE room_id = ?1 AND user_id = ?2");
DB_SQL(sql_rooms, "SELECT count(*) FROM (SELECT 1 FROM ghost_rooms WHERE user_id = ?1 LIMIT ?2)");

enum status ghosts_put(struct db_tx *tx, const struct ghost *ghost)
{
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_str(q, 1, ghost->address);
	db_bind_str(q, 2, ghost->user_id);
	db_bind_str(q, 3, ghost->name.p == NULL ? STR("") : ghost->name);
	return db_run(q);
}

static enum status read_row(struct db_query *q, struct arena *arena, struct ghost *out)
{
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct ghost){
		.address = db_col_dup(q, 0, arena),
		.user_id = db_col_dup(q, 1, arena),
		.name = db_col_dup(q, 2, arena),
	};
	return STATUS_OK;
}

enum status ghosts_find(struct db *db, struct str address, struct arena *arena, struct ghost *out)
{
	DB_QUERY(q, db, &sql_find);
	db_bind_str(q, 1, address);
	return read_row(q, arena, out);
}

enum status ghosts_by_user(
	struct db *db, struct str user_id, struct arena *arena, struct ghost *out)
{
	DB_QUERY(q, db, &sql_by_user);
	db_bind_str(q, 1, user_id);
	return read_row(q, arena, out);
}

enum status ghosts_set_joined(struct db_tx *tx, struct str room_id, struct str user_id, bool joined)
{
	DB_QUERY(q, tx->db, joined ? &sql_join : &sql_leave);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, user_id);
	return db_run(q);
}

enum status ghosts_is_joined(struct db *db, struct str room_id, struct str user_id, bool *out)
{
	DB_QUERY(q, db, &sql_is_joined);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, user_id);
	enum status status = db_first(q);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	*out = status == STATUS_OK;
	return STATUS_OK;
}

enum status ghosts_in_many_rooms(struct db *db, struct str user_id, int64_t many, bool *out)
{
	DB_QUERY(q, db, &sql_rooms);
	db_bind_str(q, 1, user_id);
	db_bind_int(q, 2, many);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0) >= many;
	return status;
}
