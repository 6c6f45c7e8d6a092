/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/membership_store.h"

#include "homeserver/store/names.h"
#include "homeserver/store/rows.h"

static const struct str words[] = {
	[MEMBERSHIP_NONE] = STR_INIT("leave"),
	[MEMBERSHIP_INVITE] = STR_INIT("invite"),
	[MEMBERSHIP_JOIN] = STR_INIT("join"),
	[MEMBERSHIP_KNOCK] = STR_INIT("knock"),
	[MEMBERSHIP_LEAVE] = STR_INIT("leave"),
	[MEMBERSHIP_BAN] = STR_INIT("ban"),
};

#define MEMBERSHIP_COLUMNS                                                          \
	"r.room_id, n.name, e.event_id, m.membership, m.position, m.joined_since, " \
	"(SELECT max(l.position) FROM events l WHERE l.room = m.room), m.forgotten"

DB_SQL(sql_find,
	"SELECT " MEMBERSHIP_COLUMNS " FROM rooms r CROSS JOIN names n "
	"CROSS JOIN memberships m ON m.room = r.id AND m.user = n.id "
	"CROSS JOIN events e ON e.position = m.position WHERE r.room_id = ?1 AND n.name = ?2");
DB_SQL(sql_get, "SELECT m.membership FROM memberships m WHERE m.room = "
		"(SELECT id FROM rooms WHERE room_id = ?1) AND m.user = " NAME_ID("?2"));
DB_SQL(sql_of_user,
	"SELECT " MEMBERSHIP_COLUMNS " FROM names n CROSS JOIN memberships m ON m.user = n.id "
	"CROSS JOIN rooms r ON r.id = m.room CROSS JOIN events e ON e.position = m.position "
	"WHERE n.name = ?1");
DB_SQL(sql_joined_rooms,
	"SELECT r.room_id FROM names n "
	"CROSS JOIN memberships m ON m.user = n.id AND m.membership = 2 "
	"CROSS JOIN rooms r ON r.id = m.room WHERE n.name = ?1 ORDER BY m.position");
DB_SQL(sql_of_room,
	"SELECT " MEMBERSHIP_COLUMNS " FROM rooms r "
	"CROSS JOIN memberships m ON m.room = r.id AND m.membership = ?2 "
	"CROSS JOIN names n ON n.id = m.user CROSS JOIN events e ON e.position = m.position "
	"WHERE r.room_id = ?1 ORDER BY m.position");
DB_SQL(sql_users, "SELECT n.name FROM rooms r "
		  "CROSS JOIN memberships m ON m.room = r.id AND m.membership = ?2 "
		  "CROSS JOIN names n ON n.id = m.user WHERE r.room_id = ?1 AND n.name <> ?3 "
		  "ORDER BY m.position LIMIT ?4");
DB_SQL(sql_guests, "SELECT n.name FROM rooms r "
		   "CROSS JOIN memberships m ON m.room = r.id AND m.membership = 2 "
		   "CROSS JOIN names n ON n.id = m.user "
		   "CROSS JOIN users u ON u.user_id = n.name AND u.is_guest = 1 "
		   "WHERE r.room_id = ?1");
DB_SQL(sql_count, "SELECT count(*) FROM memberships m WHERE m.room = "
		  "(SELECT id FROM rooms WHERE room_id = ?1) AND m.membership = ?2");
DB_SQL(sql_shares_room,
	"SELECT 1 FROM memberships a CROSS JOIN memberships b ON b.room = a.room "
	"AND b.user = " NAME_ID("?2") " AND b.membership = 2 "
				      "WHERE a.user = " NAME_ID(
					      "?1") " AND a.membership = 2 LIMIT 1");
DB_SQL(sql_mutual_rooms,
	"SELECT r.room_id, r.id FROM memberships a CROSS JOIN memberships b ON b.room = a.room "
	"AND b.user = " NAME_ID("?2") " AND b.membership = 2 CROSS JOIN rooms r ON r.id = a.room "
				      "WHERE a.user = " NAME_ID(
					      "?1") " AND a.membership = 2 AND a.room > ?3 ORDER "
						    "BY a.room LIMIT ?4");
DB_SQL(sql_mutual_count,
	"SELECT count(*) FROM memberships a CROSS JOIN memberships b ON b.room = a.room "
	"AND b.user = " NAME_ID("?2") " AND b.membership = 2 WHERE a.user = " NAME_ID(
		"?1") " AND a.membership = 2");
DB_SQL(sql_neighbours,
	"SELECT DISTINCT n.name FROM memberships a CROSS JOIN memberships b ON b.room = a.room "
	"AND b.membership = 2 AND b.user <> a.user CROSS JOIN names n ON n.id = b.user "
	"WHERE a.user = " NAME_ID("?1") " AND a.membership = 2");
DB_SQL(sql_invite_state, "SELECT i.json FROM invite_states i WHERE i.room = "
			 "(SELECT id FROM rooms WHERE room_id = ?1) AND i.user = " NAME_ID("?2"));

DB_SQL(sql_before,
	"SELECT membership, joined_since FROM memberships WHERE room = ?1 AND user = ?2");
DB_SQL(sql_set,
	"INSERT INTO memberships (room, user, membership, position, joined_since, forgotten) "
	"VALUES (?1, ?2, ?3, ?4, ?5, 0) ON CONFLICT (room, user) DO UPDATE SET "
	"membership = excluded.membership, position = excluded.position, "
	"joined_since = excluded.joined_since, forgotten = 0");
DB_SQL(sql_adjust_count, "UPDATE rooms SET joined_count = joined_count + ?2 WHERE id = ?1");
DB_SQL(sql_set_invite_state, "INSERT OR REPLACE INTO invite_states (room, user, json) "
			     "VALUES (?1, ?2, ?3)");
DB_SQL(sql_drop_invite_state, "DELETE FROM invite_states WHERE room = ?1 AND user = ?2");
DB_SQL(sql_forget, "UPDATE memberships SET forgotten = 1 WHERE room = "
		   "(SELECT id FROM rooms WHERE room_id = ?1) AND user = " NAME_ID("?2"));

DB_SQL(sql_forgotten, "SELECT forgotten FROM memberships WHERE room = "
		      "(SELECT id FROM rooms WHERE room_id = ?1) AND user = " NAME_ID("?2"));

struct str membership_name(enum membership membership)
{
	return words[membership];
}

enum membership membership_parse(struct str word)
{
	for (size_t i = MEMBERSHIP_INVITE; i <= MEMBERSHIP_BAN; i++)
		if (str_eq(words[i], word))
			return (enum membership)i;
	return MEMBERSHIP_NONE;
}

static enum membership membership_of_column(int64_t value)
{
	return value >= MEMBERSHIP_INVITE && value <= MEMBERSHIP_BAN ? (enum membership)value
								     : MEMBERSHIP_NONE;
}

static struct membership_row row_read(struct db_query *q, struct arena *arena)
{
	return (struct membership_row){
		.room_id = db_col_dup(q, 0, arena),
		.user_id = db_col_dup(q, 1, arena),
		.event_id = db_col_dup(q, 2, arena),
		.membership = membership_of_column(db_col_int(q, 3)),
		.position = db_col_int(q, 4),
		.joined_since = db_col_int(q, 5),
		.last_position = db_col_int(q, 6),
		.forgotten = db_col_bool(q, 7),
	};
}

static enum status rows_all(struct db_query *q, struct arena *arena, struct membership_rows *out)
{
	enum db_step step;

	*out = (struct membership_rows){NULL, 0};
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = row_read(q, arena);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

/* Adds the first column of each row. */
static enum status names_all(struct db_query *q, struct arena *arena, struct str_list *out)
{
	enum db_step step;

	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = db_col_dup(q, 0, arena);
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

enum status membership_find(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, struct membership_row *out)
{
	DB_QUERY(q, db, &sql_find);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = row_read(q, arena);
	return status;
}

enum status membership_get(
	struct db *db, struct str room_id, struct str user_id, enum membership *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = membership_of_column(db_col_int(q, 0));
	else if (status == STATUS_NOT_FOUND)
		*out = MEMBERSHIP_NONE;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status membership_of_user(
	struct db *db, struct arena *arena, struct str user_id, struct membership_rows *out)
{
	DB_QUERY(q, db, &sql_of_user);
	db_bind_str(q, 1, user_id);
	return rows_all(q, arena, out);
}

enum status membership_joined_rooms(
	struct db *db, struct arena *arena, struct str user_id, struct str_list *out)
{
	*out = (struct str_list){NULL, 0};
	DB_QUERY(q, db, &sql_joined_rooms);
	db_bind_str(q, 1, user_id);
	return names_all(q, arena, out);
}

enum status membership_of_room(struct db *db, struct arena *arena, struct str room_id,
	enum membership membership, struct membership_rows *out)
{
	DB_QUERY(q, db, &sql_of_room);
	db_bind_str(q, 1, room_id);
	db_bind_int(q, 2, membership);
	return rows_all(q, arena, out);
}

static enum status users_add(struct db *db, struct arena *arena, struct str room_id,
	enum membership membership, struct str except, int64_t limit, struct str_list *out)
{
	DB_QUERY(q, db, &sql_users);
	db_bind_str(q, 1, room_id);
	db_bind_int(q, 2, membership);
	db_bind_str(q, 3, except.p == NULL ? STR("") : except);
	db_bind_int(q, 4, limit);
	return names_all(q, arena, out);
}

enum status membership_joined_users(
	struct db *db, struct arena *arena, struct str room_id, struct str_list *out)
{
	*out = (struct str_list){NULL, 0};
	return users_add(db, arena, room_id, MEMBERSHIP_JOIN, STR_EMPTY, -1, out);
}

enum status membership_joined_guests(
	struct db *db, struct arena *arena, struct str room_id, struct str_list *out)
{
	DB_QUERY(q, db, &sql_guests);

	db_bind_str(q, 1, room_id);
	*out = (struct str_list){NULL, 0};
	return names_all(q, arena, out);
}

enum status membership_count(
	struct db *db, struct str room_id, enum membership membership, int64_t *out)
{
	DB_QUERY(q, db, &sql_count);
	db_bind_str(q, 1, room_id);
	db_bind_int(q, 2, membership);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}

enum status membership_heroes(struct db *db, struct arena *arena, struct str room_id,
	struct str except, size_t limit, struct str_list *out)
{
	static const enum membership order[] = {
		MEMBERSHIP_JOIN, MEMBERSHIP_INVITE, MEMBERSHIP_LEAVE, MEMBERSHIP_BAN};

	*out = (struct str_list){NULL, 0};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (out->count >= limit || (order[i] == MEMBERSHIP_LEAVE && out->count > 0))
			break;
		enum status status = users_add(
			db, arena, room_id, order[i], except, (int64_t)(limit - out->count), out);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

enum status membership_shares_room(struct db *db, struct str user_id, struct str other, bool *out)
{
	DB_QUERY(q, db, &sql_shares_room);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, other);
	enum status status = db_first(q);
	*out = status == STATUS_OK;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status membership_mutual_rooms(struct db *db, struct arena *arena, struct str user_id,
	struct str other, int64_t after, size_t limit, struct str_list *out, int64_t *last_key_out)
{
	DB_QUERY(q, db, &sql_mutual_rooms);
	enum db_step step;

	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, other);
	db_bind_int(q, 3, after);
	db_bind_int(q, 4, (int64_t)limit);
	*out = (struct str_list){NULL, 0};
	*last_key_out = after;
	while ((step = db_step(q)) == DB_ROW) {
		*ROWS_ADD(arena, out) = db_col_dup(q, 0, arena);
		*last_key_out = db_col_int(q, 1);
	}
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}

enum status membership_mutual_count(
	struct db *db, struct str user_id, struct str other, int64_t *out)
{
	DB_QUERY(q, db, &sql_mutual_count);

	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, other);
	if (db_step(q) != DB_ROW)
		return STATUS_IO;
	*out = db_col_int(q, 0);
	return STATUS_OK;
}

enum status membership_neighbours(
	struct db *db, struct arena *arena, struct str user_id, struct str_list *out)
{
	*out = (struct str_list){NULL, 0};
	DB_QUERY(q, db, &sql_neighbours);
	db_bind_str(q, 1, user_id);
	return names_all(q, arena, out);
}

enum status membership_invite_state(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, struct str *json_out)
{
	DB_QUERY(q, db, &sql_invite_state);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*json_out = db_col_dup(q, 0, arena);
	return status;
}

static enum status before_get(struct db *db, int64_t room_key, int64_t user,
	enum membership *membership_out, int64_t *since_out)
{
	DB_QUERY(q, db, &sql_before);
	db_bind_int(q, 1, room_key);
	db_bind_int(q, 2, user);
	enum status status = db_first(q);
	*membership_out = MEMBERSHIP_NONE;
	*since_out = 0;
	if (status == STATUS_OK) {
		*membership_out = membership_of_column(db_col_int(q, 0));
		*since_out = db_col_int(q, 1);
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status count_adjust(struct db_tx *tx, int64_t room_key, int64_t change)
	REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_adjust_count);
	db_bind_int(q, 1, room_key);
	db_bind_int(q, 2, change);
	return db_run(q);
}

static enum status invite_state_drop(struct db_tx *tx, int64_t room_key, int64_t user)
	REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_drop_invite_state);
	db_bind_int(q, 1, room_key);
	db_bind_int(q, 2, user);
	return db_run(q);
}

static enum status row_put(struct db_tx *tx, int64_t room_key, int64_t user,
	enum membership membership, int64_t position, int64_t since) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, &sql_set);
	db_bind_int(q, 1, room_key);
	db_bind_int(q, 2, user);
	db_bind_int(q, 3, membership);
	db_bind_int(q, 4, position);
	db_bind_int(q, 5, since);
	return db_run(q);
}

enum status membership_set(struct db_tx *tx, int64_t room_key, struct str user_id,
	enum membership membership, int64_t position)
{
	int64_t user = 0, since = 0;
	enum membership before = MEMBERSHIP_NONE;
	enum status status = names_put(tx, user_id, &user);

	if (status == STATUS_OK)
		status = before_get(tx->db, room_key, user, &before, &since);
	if (status != STATUS_OK)
		return status;
	bool is_join = membership == MEMBERSHIP_JOIN, was_join = before == MEMBERSHIP_JOIN;
	if (!is_join)
		since = 0;
	else if (!was_join)
		since = position;
	status = row_put(tx, room_key, user, membership, position, since);
	if (status == STATUS_OK && is_join != was_join)
		status = count_adjust(tx, room_key, is_join ? 1 : -1);
	if (status == STATUS_OK && (before == MEMBERSHIP_INVITE || before == MEMBERSHIP_KNOCK))
		status = invite_state_drop(tx, room_key, user);
	return status;
}

enum status membership_set_invite_state(
	struct db_tx *tx, int64_t room_key, struct str user_id, struct str json)
{
	int64_t user = 0;
	enum status status = names_put(tx, user_id, &user);

	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_set_invite_state);
	db_bind_int(q, 1, room_key);
	db_bind_int(q, 2, user);
	db_bind_str(q, 3, json);
	return db_run(q);
}

enum status membership_forget(struct db_tx *tx, struct str room_id, struct str user_id)
{
	DB_QUERY(q, tx->db, &sql_forget);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, user_id);
	return db_run(q);
}

enum status membership_forgotten(struct db *db, struct str room_id, struct str user_id, bool *out)
{
	DB_QUERY(q, db, &sql_forgotten);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, user_id);
	enum status status = db_first(q);
	*out = status == STATUS_OK && db_col_bool(q, 0);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
