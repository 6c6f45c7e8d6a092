/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/room_store.h"

#include "homeserver/store/rows.h"

#define ROOM_COLUMNS "r.id, r.room_id, r.version, r.published, r.joined_count"

DB_SQL(sql_room_find, "SELECT " ROOM_COLUMNS " FROM rooms r WHERE r.room_id = ?1");
DB_SQL(sql_room_add, "INSERT INTO rooms (room_id, version) VALUES (?1, ?2)");
DB_SQL(sql_extremities, "SELECT e.event_id, e.depth FROM room_extremities x "
			"CROSS JOIN events e ON e.position = x.event WHERE x.room = ?1 "
			"ORDER BY e.depth DESC, e.position DESC LIMIT 20");
DB_SQL(sql_extremities_clear, "DELETE FROM room_extremities WHERE room = ?1");
DB_SQL(sql_extremity_add, "INSERT INTO room_extremities (room, event) VALUES (?1, ?2)");

DB_SQL(sql_alias_find, "SELECT r.room_id, a.creator FROM room_aliases a "
		       "JOIN rooms r ON r.id = a.room WHERE a.alias = ?1");
DB_SQL(sql_alias_list, "SELECT a.alias FROM rooms r CROSS JOIN room_aliases a ON a.room = r.id "
		       "WHERE r.room_id = ?1 ORDER BY a.created_ts, a.alias");
DB_SQL(sql_alias_add,
	"INSERT INTO room_aliases (alias, room, creator, created_ts) VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_alias_move, "UPDATE room_aliases SET room = ?2 WHERE room = ?1");
DB_SQL(sql_alias_remove, "DELETE FROM room_aliases WHERE alias = ?1");

DB_SQL(sql_publish, "UPDATE rooms SET published = ?2 WHERE id = ?1");
DB_SQL(sql_directory_forward,
	"SELECT " ROOM_COLUMNS " FROM rooms r WHERE r.published = 1 "
	"AND (r.joined_count, r.id) < (?1, ?2) ORDER BY r.joined_count DESC, r.id DESC LIMIT ?3");
DB_SQL(sql_directory_backward,
	"SELECT " ROOM_COLUMNS " FROM rooms r WHERE r.published = 1 "
	"AND (r.joined_count, r.id) > (?1, ?2) ORDER BY r.joined_count, r.id LIMIT ?3");
DB_SQL(sql_directory_count, "SELECT count(*) FROM rooms WHERE published = 1");

#define OF_NETWORK                                                      \
	" FROM appservice_rooms n CROSS JOIN rooms r ON r.id = n.room " \
	"WHERE n.appservice_id = ?1 AND n.network_id = ?2 "
/* Everything that is listed anywhere: the answer itself. */
#define LISTED                                                    \
	"WITH listed (id) AS (SELECT room FROM appservice_rooms " \
	"UNION SELECT id FROM rooms WHERE published = 1) "
#define OF_ANY " FROM listed l CROSS JOIN rooms r ON r.id = l.id WHERE ?1 IS ?2 "
#define BEHIND                                   \
	"AND (r.joined_count, r.id) < (?3, ?4) " \
	"ORDER BY r.joined_count DESC, r.id DESC LIMIT ?5"
#define BEFORE "AND (r.joined_count, r.id) > (?3, ?4) ORDER BY r.joined_count, r.id LIMIT ?5"
DB_SQL(sql_network_forward, "SELECT " ROOM_COLUMNS OF_NETWORK BEHIND);
DB_SQL(sql_network_backward, "SELECT " ROOM_COLUMNS OF_NETWORK BEFORE);
DB_SQL(sql_any_forward, LISTED "SELECT " ROOM_COLUMNS OF_ANY BEHIND);
DB_SQL(sql_any_backward, LISTED "SELECT " ROOM_COLUMNS OF_ANY BEFORE);
DB_SQL(sql_network_count, "SELECT count(*)" OF_NETWORK);
DB_SQL(sql_any_count, LISTED "SELECT count(*)" OF_ANY);
DB_SQL(sql_list, "INSERT OR IGNORE INTO appservice_rooms (appservice_id, network_id, room) "
		 "VALUES (?1, ?2, ?3)");
DB_SQL(sql_unlist, "DELETE FROM appservice_rooms WHERE appservice_id = ?1 AND network_id = ?2 "
		   "AND room = ?3");

static struct room_row room_row_read(struct db_query *q, struct arena *arena)
{
	return (struct room_row){
		.key = db_col_int(q, 0),
		.room_id = db_col_dup(q, 1, arena),
		.version = db_col_dup(q, 2, arena),
		.published = db_col_bool(q, 3),
		.joined_count = db_col_int(q, 4),
	};
}

enum status room_store_find(
	struct db *db, struct arena *arena, struct str room_id, struct room_row *out)
{
	DB_QUERY(q, db, &sql_room_find);
	db_bind_str(q, 1, room_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = room_row_read(q, arena);
	return status;
}

enum status room_store_add(
	struct db_tx *tx, struct str room_id, struct str version, int64_t *key_out)
{
	DB_QUERY(q, tx->db, &sql_room_add);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, version);
	enum status status = db_run(q);
	if (status == STATUS_OK)
		*key_out = db_last_row_id(tx->db);
	return status;
}

enum status room_store_extremities(struct db *db, struct arena *arena, int64_t room_key,
	struct str_list *event_ids_out, int64_t *depth_out)
{
	enum db_step step;

	*event_ids_out = (struct str_list){NULL, 0};
	*depth_out = 0;
	DB_QUERY(q, db, &sql_extremities);
	db_bind_int(q, 1, room_key);
	while ((step = db_step(q)) == DB_ROW) {
		*ROWS_ADD(arena, event_ids_out) = db_col_dup(q, 0, arena);
		if (db_col_int(q, 1) > *depth_out)
			*depth_out = db_col_int(q, 1);
	}
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

static enum status extremities_clear(struct db_tx *tx, int64_t room_key) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_extremities_clear);
	db_bind_int(q, 1, room_key);
	return db_run(q);
}

enum status room_store_set_extremity(struct db_tx *tx, int64_t room_key, int64_t position)
{
	enum status status = extremities_clear(tx, room_key);

	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_extremity_add);
	db_bind_int(q, 1, room_key);
	db_bind_int(q, 2, position);
	return db_run(q);
}

enum status room_alias_find(struct db *db, struct arena *arena, struct str alias,
	struct str *room_id_out, struct str *creator_out)
{
	DB_QUERY(q, db, &sql_alias_find);
	db_bind_str(q, 1, alias);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*room_id_out = db_col_dup(q, 0, arena);
	if (creator_out != NULL)
		*creator_out = db_col_dup(q, 1, arena);
	return STATUS_OK;
}

enum status room_alias_list(
	struct db *db, struct arena *arena, struct str room_id, struct str_list *out)
{
	enum db_step step;

	*out = (struct str_list){NULL, 0};
	DB_QUERY(q, db, &sql_alias_list);
	db_bind_str(q, 1, room_id);
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = db_col_dup(q, 0, arena);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

enum status room_alias_add(
	struct db_tx *tx, struct str alias, int64_t room_key, struct str creator, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_alias_add);
	db_bind_str(q, 1, alias);
	db_bind_int(q, 2, room_key);
	db_bind_str(q, 3, creator);
	db_bind_int(q, 4, now);
	return db_run(q);
}

enum status room_alias_move(struct db_tx *tx, int64_t from_room_key, int64_t to_room_key)
{
	DB_QUERY(q, tx->db, &sql_alias_move);
	db_bind_int(q, 1, from_room_key);
	db_bind_int(q, 2, to_room_key);
	return db_run(q);
}

enum status room_alias_remove(struct db_tx *tx, struct str alias)
{
	DB_QUERY(q, tx->db, &sql_alias_remove);
	db_bind_str(q, 1, alias);
	enum status status = db_run(q);
	if (status == STATUS_OK && db_changes(tx->db) == 0)
		return STATUS_NOT_FOUND;
	return status;
}

enum status room_store_set_published(struct db_tx *tx, int64_t room_key, bool published)
{
	DB_QUERY(q, tx->db, &sql_publish);
	db_bind_int(q, 1, room_key);
	db_bind_bool(q, 2, published);
	return db_run(q);
}

enum status room_store_directory(struct db *db, struct arena *arena,
	struct room_directory_cursor from, bool forward, size_t limit, struct room_rows *out)
{
	enum db_step step;

	*out = (struct room_rows){NULL, 0};
	DB_QUERY(q, db, forward ? &sql_directory_forward : &sql_directory_backward);
	db_bind_int(q, 1, from.joined_count);
	db_bind_int(q, 2, from.key);
	db_bind_int(q, 3, (int64_t)limit);
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = room_row_read(q, arena);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

enum status room_store_directory_count(struct db *db, int64_t *out)
{
	DB_QUERY(q, db, &sql_directory_count);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}

enum status room_store_network_directory(struct db *db, struct arena *arena,
	const struct room_network *network, struct room_directory_cursor from, bool forward,
	size_t limit, struct room_rows *out)
{
	bool any = network->appservice_id.p == NULL;
	const struct db_sql *ahead = any ? &sql_any_forward : &sql_network_forward;
	const struct db_sql *back = any ? &sql_any_backward : &sql_network_backward;
	DB_QUERY(q, db, forward ? ahead : back);
	enum db_step step;

	db_bind_str(q, 1, network->appservice_id);
	db_bind_str(q, 2, any ? STR_EMPTY : network->network_id);
	db_bind_int(q, 3, from.joined_count);
	db_bind_int(q, 4, from.key);
	db_bind_int(q, 5, (int64_t)limit);
	*out = (struct room_rows){NULL, 0};
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = room_row_read(q, arena);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

enum status room_store_network_count(
	struct db *db, const struct room_network *network, int64_t *out)
{
	bool any = network->appservice_id.p == NULL;
	DB_QUERY(q, db, any ? &sql_any_count : &sql_network_count);

	db_bind_str(q, 1, network->appservice_id);
	db_bind_str(q, 2, any ? STR_EMPTY : network->network_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}

enum status room_store_set_listed(
	struct db_tx *tx, const struct room_network *network, int64_t room_key, bool listed)
{
	DB_QUERY(q, tx->db, listed ? &sql_list : &sql_unlist);

	db_bind_str(q, 1, network->appservice_id);
	db_bind_str(q, 2, network->network_id);
	db_bind_int(q, 3, room_key);
	return db_run(q);
}
