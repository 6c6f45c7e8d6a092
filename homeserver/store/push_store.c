/* SPDX-License-Identifier: Apache-2.0 */
/* Rules and pushers of push_store.h. */
#include "homeserver/store/push_store.h"

#include "homeserver/store/notice_store.h"

DB_SQL(sql_rules, "SELECT rules, position FROM push_rules WHERE user_id = ?1");
DB_SQL(sql_rules_put, "INSERT INTO push_rules (user_id, rules, position) VALUES (?1, ?2, ?3)"
		      " ON CONFLICT (user_id) DO UPDATE SET rules = excluded.rules, position = "
		      "excluded.position");

enum status push_store_rules(struct db *db, struct arena *arena, struct str user_id,
	struct str *json_out, int64_t *position_out)
{
	DB_QUERY(q, db, &sql_rules);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*json_out = db_col_dup(q, 0, arena);
	*position_out = db_col_int(q, 1);
	return STATUS_OK;
}

enum status push_store_rules_position(struct db *db, struct str user_id, int64_t *out)
{
	DB_QUERY(q, db, &sql_rules);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	*out = status == STATUS_OK ? db_col_int(q, 1) : 0;
	return STATUS_OK;
}

enum status push_store_rules_put(
	struct db_tx *tx, struct str user_id, struct str json, int64_t position)
{
	DB_QUERY(q, tx->db, &sql_rules_put);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, json);
	db_bind_int(q, 3, position);
	return db_run(q);
}

/* --- pushers --- */

DB_SQL(sql_pushers,
	"SELECT device_id, app_id, pushkey, kind, app_display_name, device_display_name,"
	" profile_tag, lang, data, created_ts FROM pushers WHERE user_id = ?1"
	" ORDER BY app_id, pushkey");
DB_SQL(sql_pusher_count, "SELECT count(*) FROM pushers WHERE user_id = ?1");
DB_SQL(sql_pusher_put,
	"INSERT INTO pushers (user_id, app_id, pushkey, device_id, kind, app_display_name,"
	" device_display_name, profile_tag, lang, data, created_ts)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
	" ON CONFLICT (user_id, app_id, pushkey) DO UPDATE SET device_id = excluded.device_id,"
	" kind = excluded.kind, app_display_name = excluded.app_display_name,"
	" device_display_name = excluded.device_display_name,"
	" profile_tag = excluded.profile_tag, lang = excluded.lang, data = excluded.data");
DB_SQL(sql_pusher_alone,
	"DELETE FROM pushers WHERE app_id = ?1 AND pushkey = ?2 AND user_id <> ?3");
DB_SQL(sql_pusher_delete,
	"DELETE FROM pushers WHERE user_id = ?1 AND app_id = ?2 AND pushkey = ?3");
DB_SQL(sql_pusher_device, "DELETE FROM pushers WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_end_rules, "DELETE FROM push_rules WHERE user_id = ?1");
DB_SQL(sql_end_pushers, "DELETE FROM pushers WHERE user_id = ?1");
/* Along the rooms that the user ever met: the tables are sorted by room. */
#define EVERYWHERE                                                                           \
	" WHERE user = (SELECT id FROM names WHERE name = ?1) AND room IN (SELECT room FROM" \
	" memberships WHERE user = (SELECT id FROM names WHERE name = ?1))"
DB_SQL(sql_end_events, "DELETE FROM notified_events" EVERYWHERE);
DB_SQL(sql_end_counts, "DELETE FROM unread_counts" EVERYWHERE);

enum status push_store_pushers(
	struct db *db, struct arena *arena, struct str user_id, struct pusher_list *out)
{
	struct pusher_list list = {0};
	DB_QUERY(q, db, &sql_pushers);
	db_bind_str(q, 1, user_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, &list) = (struct pusher){
			.user_id = user_id,
			.device_id = db_col_dup(q, 0, arena),
			.app_id = db_col_dup(q, 1, arena),
			.pushkey = db_col_dup(q, 2, arena),
			.kind = db_col_dup(q, 3, arena),
			.app_display_name = db_col_dup(q, 4, arena),
			.device_display_name = db_col_dup(q, 5, arena),
			.profile_tag = db_col_dup(q, 6, arena),
			.lang = db_col_dup(q, 7, arena),
			.data = db_col_dup(q, 8, arena),
			.created_ts = db_col_int(q, 9),
		};
	if (step == DB_ERROR)
		return STATUS_IO;
	*out = list;
	return STATUS_OK;
}

MUST_CHECK static enum status check_room(struct db_tx *tx, struct str user_id)
{
	DB_QUERY(q, tx->db, &sql_pusher_count);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	return db_col_int(q, 0) > PUSHERS_MAX ? STATUS_TOO_LARGE : STATUS_OK;
}

/* Columns that may not be NULL: nothing is the empty text. */
static void bind_text(struct db_query *q, int i, struct str text)
{
	db_bind_str(q, i, text.p == NULL ? STR("") : text);
}

enum status push_store_pusher_put(struct db_tx *tx, const struct pusher *pusher, bool alone)
{
	if (alone) {
		DB_QUERY(q, tx->db, &sql_pusher_alone);
		db_bind_str(q, 1, pusher->app_id);
		db_bind_str(q, 2, pusher->pushkey);
		db_bind_str(q, 3, pusher->user_id);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
	}
	DB_QUERY(q, tx->db, &sql_pusher_put);
	db_bind_str(q, 1, pusher->user_id);
	db_bind_str(q, 2, pusher->app_id);
	db_bind_str(q, 3, pusher->pushkey);
	bind_text(q, 4, pusher->device_id);
	db_bind_str(q, 5, pusher->kind);
	bind_text(q, 6, pusher->app_display_name);
	bind_text(q, 7, pusher->device_display_name);
	bind_text(q, 8, pusher->profile_tag);
	bind_text(q, 9, pusher->lang);
	db_bind_str(q, 10, pusher->data);
	db_bind_int(q, 11, pusher->created_ts);
	enum status status = db_run(q);
	return status == STATUS_OK ? check_room(tx, pusher->user_id) : status;
}

enum status push_store_pusher_delete(
	struct db_tx *tx, struct str user_id, struct str app_id, struct str pushkey)
{
	DB_QUERY(q, tx->db, &sql_pusher_delete);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, app_id);
	db_bind_str(q, 3, pushkey);
	return db_run(q);
}

enum status push_store_device_delete(struct db_tx *tx, struct str user_id, struct str device_id)
{
	DB_QUERY(q, tx->db, &sql_pusher_device);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	return db_run(q);
}

MUST_CHECK static enum status run_for(
	struct db_tx *tx, const struct db_sql *sql, struct str user_id)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, user_id);
	return db_run(q);
}

enum status push_store_user_delete(struct db_tx *tx, struct str user_id)
{
	static const struct db_sql *const all[] = {
		&sql_end_rules, &sql_end_pushers, &sql_end_events, &sql_end_counts};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && status == STATUS_OK; i++)
		status = run_for(tx, all[i], user_id);
	return status == STATUS_OK ? notice_store_user_delete(tx, user_id) : status;
}
