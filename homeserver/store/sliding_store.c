/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/sliding_store.h"

#include "homeserver/store/rows.h"

DB_SQL(sql_sliding_rooms,
	"SELECT m.room, r.room_id, m.membership, m.position, m.joined_since, "
	"(SELECT max(l.position) FROM events l WHERE l.room = m.room), m.forgotten, "
	"CASE WHEN m.membership >= 4 THEN "
	"(SELECT e.sender = m.user FROM events e WHERE e.position = m.position) END, "
	"r.joined_count, d.bump, d.encrypted, d.type, d.name "
	"FROM names n CROSS JOIN memberships m ON m.user = n.id "
	"CROSS JOIN rooms r ON r.id = m.room LEFT JOIN room_digests d ON d.room = m.room "
	"WHERE n.name = ?1 ORDER BY m.room");
DB_SQL(sql_sliding_tags, "SELECT room_id, content, position FROM account_data "
			 "WHERE user_id = ?1 AND room_id > '' AND type = 'm.tag'");

DB_SQL(sql_sliding_load,
	"SELECT c.id, s.position, c.used_ts, s.state FROM sliding_states s "
	"CROSS JOIN sliding_connections c ON c.id = s.connection "
	"WHERE s.id = ?4 AND c.user_id = ?1 AND c.device_id IS ?2 AND c.conn_id = ?3");
DB_SQL(sql_sliding_disconnect, "DELETE FROM sliding_connections "
			       "WHERE user_id = ?1 AND device_id IS ?2 AND conn_id = ?3");
DB_SQL(sql_sliding_trim,
	"DELETE FROM sliding_connections WHERE id IN (SELECT id FROM sliding_connections "
	"WHERE user_id = ?1 AND device_id IS ?2 ORDER BY used_ts DESC LIMIT -1 OFFSET ?3)");
DB_SQL(sql_sliding_expire,
	"DELETE FROM sliding_connections WHERE id IN (SELECT id FROM sliding_connections "
	"WHERE used_ts < ?1 ORDER BY used_ts LIMIT 8)");
DB_SQL(sql_sliding_connect, "INSERT INTO sliding_connections (user_id, device_id, conn_id, used_ts)"
			    " VALUES (?1, ?2, ?3, ?4)");
DB_SQL(sql_sliding_forget,
	"DELETE FROM sliding_states WHERE connection = ?1 AND parent <> ?2 AND id <> ?2");
DB_SQL(sql_sliding_forget_siblings,
	"DELETE FROM sliding_states WHERE id IN (SELECT id FROM sliding_states "
	"WHERE connection = ?1 AND parent = ?2 ORDER BY id DESC LIMIT -1 OFFSET ?3)");
DB_SQL(sql_sliding_add, "INSERT INTO sliding_states (connection, parent, position, state) "
			"SELECT id, ?2, ?3, ?4 FROM sliding_connections WHERE id = ?1");
DB_SQL(sql_sliding_used, "UPDATE sliding_connections SET used_ts = ?2 WHERE id = ?1");

static struct sliding_place place_read(struct db_query *q, struct arena *arena, struct str user_id)
{
	int64_t membership = db_col_int(q, 2);

	return (struct sliding_place){
		.row = {.room_id = db_col_dup(q, 1, arena),
			.user_id = user_id,
			.membership =
				membership >= MEMBERSHIP_INVITE && membership <= MEMBERSHIP_BAN
					? (enum membership)membership
					: MEMBERSHIP_NONE,
			.position = db_col_int(q, 3),
			.joined_since = db_col_int(q, 4),
			.last_position = db_col_int(q, 5),
			.forgotten = db_col_bool(q, 6)},
		.room_key = db_col_int(q, 0),
		.by_self = db_col_bool(q, 7),
		.joined_count = db_col_int(q, 8),
		.bump = db_col_int(q, 9),
		.encrypted = db_col_bool(q, 10),
		.type = db_col_dup(q, 11, arena),
		.name = db_col_dup(q, 12, arena),
	};
}

enum status sliding_store_rooms(
	struct db *db, struct arena *arena, struct str user_id, struct sliding_places *out)
{
	enum db_step step;

	*out = (struct sliding_places){NULL, 0};
	DB_QUERY(q, db, &sql_sliding_rooms);
	db_bind_str(q, 1, user_id);
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = place_read(q, arena, user_id);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

enum status sliding_store_tags(
	struct db *db, struct arena *arena, struct str user_id, struct account_data_list *out)
{
	enum db_step step;

	*out = (struct account_data_list){NULL, 0};
	DB_QUERY(q, db, &sql_sliding_tags);
	db_bind_str(q, 1, user_id);
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = (struct account_data){
			.room_id = db_col_dup(q, 0, arena),
			.type = STR("m.tag"),
			.content = db_col_dup(q, 1, arena),
			.position = db_col_int(q, 2),
		};
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

static void bind_key(struct db_query *q, const struct sliding_key *key)
{
	db_bind_str(q, 1, key->user_id);
	db_bind_str(q, 2, key->device_id);
	db_bind_str(q, 3, key->conn_id.p == NULL ? STR("") : key->conn_id);
}

enum status sliding_store_load(struct db *db, struct arena *arena, const struct sliding_key *key,
	int64_t state_id, struct sliding_stored *out)
{
	DB_QUERY(q, db, &sql_sliding_load);
	bind_key(q, key);
	db_bind_int(q, 4, state_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct sliding_stored){
			.connection = db_col_int(q, 0),
			.position = db_col_int(q, 1),
			.used_ts = db_col_int(q, 2),
			.state = arena_str(arena, db_col_blob(q, 3)),
		};
	return status;
}

static enum status trim(struct db_tx *tx, const struct sliding_key *key) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_sliding_trim);
	db_bind_str(q, 1, key->user_id);
	db_bind_str(q, 2, key->device_id);
	db_bind_int(q, 3, SLIDING_CONNECTIONS_MAX - 1);
	return db_run(q);
}

static enum status expire(struct db_tx *tx, int64_t now) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_sliding_expire);
	db_bind_int(q, 1, now - SLIDING_KEEP_MS);
	return db_run(q);
}

static enum status disconnect(struct db_tx *tx, const struct sliding_key *key) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_sliding_disconnect);
	bind_key(q, key);
	return db_run(q);
}

enum status sliding_store_connect(
	struct db_tx *tx, const struct sliding_key *key, int64_t now, int64_t *connection_out)
{
	enum status status = disconnect(tx, key);

	if (status == STATUS_OK)
		status = trim(tx, key);
	if (status == STATUS_OK)
		status = expire(tx, now);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_sliding_connect);
	bind_key(q, key);
	db_bind_int(q, 4, now);
	status = db_run(q);
	if (status == STATUS_OK)
		*connection_out = db_last_row_id(tx->db);
	return status;
}

static enum status forget_others(struct db_tx *tx, int64_t connection, int64_t parent)
	REQUIRES(on_writer)
{
	DB_QUERY(others, tx->db, &sql_sliding_forget);
	db_bind_int(others, 1, connection);
	db_bind_int(others, 2, parent);
	enum status status = db_run(others);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(siblings, tx->db, &sql_sliding_forget_siblings);
	db_bind_int(siblings, 1, connection);
	db_bind_int(siblings, 2, parent);
	db_bind_int(siblings, 3, SLIDING_SIBLINGS_MAX - 1);
	return db_run(siblings);
}

enum status sliding_store_add(struct db_tx *tx, int64_t connection, int64_t parent,
	int64_t position, struct str state, int64_t *state_id_out)
{
	enum status status = forget_others(tx, connection, parent);

	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_sliding_add);
	db_bind_int(q, 1, connection);
	db_bind_int(q, 2, parent);
	db_bind_int(q, 3, position);
	db_bind_blob(q, 4, state);
	status = db_run(q);
	if (status == STATUS_OK && db_changes(tx->db) == 0)
		return STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		*state_id_out = db_last_row_id(tx->db);
	return status;
}

enum status sliding_store_used(struct db_tx *tx, int64_t connection, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_sliding_used);
	db_bind_int(q, 1, connection);
	db_bind_int(q, 2, now);
	return db_run(q);
}
