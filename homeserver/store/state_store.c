/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/state_store.h"

#include "homeserver/store/event_rows.h"
#include "homeserver/store/names.h"

/* Position of the event that was the value of c's key at ?2. */
#define VALUE_AT                                                                  \
	"CASE WHEN c.changed <= ?2 THEN c.event ELSE "                            \
	"(SELECT s.event FROM state_changes s WHERE s.room = c.room "             \
	"AND s.type = c.type AND s.state_key = c.state_key AND s.position <= ?2 " \
	"ORDER BY s.position DESC LIMIT 1) END"
#define FROM_STATE_AT                                                \
	" FROM rooms r CROSS JOIN current_state c ON c.room = r.id " \
	"CROSS JOIN events e ON e.position = " VALUE_AT " WHERE r.room_id = ?1 "

DB_SQL(sql_state_get, "SELECT " EVENT_COLUMNS FROM_STATE_AT
		      "AND c.type = " NAME_ID("?3") " AND c.state_key = " NAME_ID("?4"));
DB_SQL(sql_state_all, "SELECT " EVENT_COLUMNS FROM_STATE_AT);
DB_SQL(sql_state_of_type, "SELECT " EVENT_COLUMNS FROM_STATE_AT "AND c.type = " NAME_ID("?3"));
DB_SQL(sql_state_without_type,
	"SELECT " EVENT_COLUMNS FROM_STATE_AT "AND c.type IS NOT " NAME_ID("?3"));
DB_SQL(sql_state_delta,
	"SELECT " EVENT_COLUMNS " FROM rooms r "
	"CROSS JOIN state_changes s ON s.room = r.id AND s.position > ?2 AND s.position <= ?3 "
	"CROSS JOIN events e ON e.position = s.event WHERE r.room_id = ?1 AND NOT EXISTS "
	"(SELECT 1 FROM state_changes n WHERE n.room = s.room AND n.type = s.type "
	"AND n.state_key = s.state_key AND n.position > s.position AND n.position <= ?3) "
	"ORDER BY s.position");
DB_SQL(sql_state_history,
	"SELECT " EVENT_COLUMNS " FROM rooms r CROSS JOIN state_changes s ON s.room = r.id "
	"AND s.type = " NAME_ID("?2") " AND s.state_key = " NAME_ID(
		"?3") " CROSS JOIN events e ON e.position = s.event WHERE r.room_id = ?1 "
		      "ORDER BY s.position");
DB_SQL(sql_state_set, "INSERT INTO current_state (room, type, state_key, event, changed) "
		      "VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (room, type, state_key) "
		      "DO UPDATE SET event = excluded.event, changed = excluded.changed");
DB_SQL(sql_state_log, "INSERT INTO state_changes (room, type, state_key, position, event) "
		      "VALUES (?1, ?2, ?3, ?4, ?4)");

static struct str key_of(struct str state_key)
{
	return state_key.p == NULL ? STR("") : state_key;
}

enum status state_store_get(struct db *db, struct arena *arena, struct str room_id, struct str type,
	struct str state_key, int64_t at, struct event_row *out)
{
	DB_QUERY(q, db, &sql_state_get);
	db_bind_str(q, 1, room_id);
	db_bind_int(q, 2, at);
	db_bind_str(q, 3, type);
	db_bind_str(q, 4, key_of(state_key));
	return event_row_first(q, arena, out);
}

enum status state_store_list(struct db *db, struct arena *arena, struct str room_id, int64_t at,
	const struct state_select *select, struct event_rows *out)
{
	const struct db_sql *sql = &sql_state_all;
	struct str type = STR_EMPTY;

	if (select != NULL && select->only_type.p != NULL) {
		sql = &sql_state_of_type;
		type = select->only_type;
	} else if (select != NULL && select->without_type.p != NULL) {
		sql = &sql_state_without_type;
		type = select->without_type;
	}
	DB_QUERY(q, db, sql);
	db_bind_str(q, 1, room_id);
	db_bind_int(q, 2, at);
	if (type.p != NULL)
		db_bind_str(q, 3, type);
	return event_rows_all(q, arena, out);
}

enum status state_store_delta(struct db *db, struct arena *arena, struct str room_id, int64_t after,
	int64_t upto, struct event_rows *out)
{
	DB_QUERY(q, db, &sql_state_delta);
	db_bind_str(q, 1, room_id);
	db_bind_int(q, 2, after);
	db_bind_int(q, 3, upto);
	return event_rows_all(q, arena, out);
}

enum status state_store_history(struct db *db, struct arena *arena, struct str room_id,
	struct str type, struct str state_key, struct event_rows *out)
{
	DB_QUERY(q, db, &sql_state_history);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, type);
	db_bind_str(q, 3, key_of(state_key));
	return event_rows_all(q, arena, out);
}

static enum status state_write(struct db_tx *tx, const struct db_sql *sql, int64_t room_key,
	int64_t type, int64_t state_key, int64_t position) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_int(q, 1, room_key);
	db_bind_int(q, 2, type);
	db_bind_int(q, 3, state_key);
	db_bind_int(q, 4, position);
	return db_run(q);
}

enum status state_store_set(
	struct db_tx *tx, int64_t room_key, struct str type, struct str state_key, int64_t position)
{
	int64_t type_id = 0, key_id = 0;
	enum status status = names_put(tx, type, &type_id);

	if (status == STATUS_OK)
		status = names_put(tx, key_of(state_key), &key_id);
	if (status == STATUS_OK)
		status = state_write(tx, &sql_state_set, room_key, type_id, key_id, position);
	if (status == STATUS_OK)
		status = state_write(tx, &sql_state_log, room_key, type_id, key_id, position);
	return status;
}
