/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/device_store.h"

#include "homeserver/store/token_store.h"

DB_SQL(sql_device_find, "SELECT device_id, display_name, last_seen_ip, last_seen_ts FROM devices "
			"WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_device_list, "SELECT device_id, display_name, last_seen_ip, last_seen_ts FROM devices "
			"WHERE user_id = ?1 ORDER BY device_id");
DB_SQL(sql_device_ensure, "INSERT INTO devices (user_id, device_id, display_name) "
			  "VALUES (?1, ?2, ?3) ON CONFLICT (user_id, device_id) DO NOTHING");
DB_SQL(sql_device_count, "SELECT count(*) FROM devices WHERE user_id = ?1");
DB_SQL(sql_device_rename,
	"UPDATE devices SET display_name = ?3 WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_device_seen, "UPDATE devices SET last_seen_ip = ?3, last_seen_ts = ?4 "
			"WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_device_delete, "DELETE FROM devices WHERE user_id = ?1 AND device_id = ?2");
DB_SQL(sql_dehydrated_find,
	"SELECT h.device_id, h.device_data FROM dehydrated_devices h JOIN devices d "
	"ON d.user_id = h.user_id AND d.device_id = h.device_id WHERE h.user_id = ?1");
DB_SQL(sql_dehydrated_put, "INSERT OR REPLACE INTO dehydrated_devices "
			   "(user_id, device_id, device_data) VALUES (?1, ?2, ?3)");
DB_SQL(sql_dehydrated_delete, "DELETE FROM dehydrated_devices WHERE user_id = ?1");

static void read_row(struct db_query *q, struct arena *arena, struct device *out)
{
	*out = (struct device){
		.device_id = db_col_dup(q, 0, arena),
		.display_name = db_col_dup(q, 1, arena),
		.last_seen_ip = db_col_dup(q, 2, arena),
		.last_seen_ts = db_col_int(q, 3),
	};
}

enum status device_find(struct db *db, struct arena *arena, struct str user_id,
	struct str device_id, struct device *out)
{
	DB_QUERY(q, db, &sql_device_find);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		read_row(q, arena, out);
	return status;
}

enum status device_list_get(
	struct db *db, struct arena *arena, struct str user_id, struct device_list *out)
{
	*out = (struct device_list){ARENA_ARRAY(arena, struct device, DEVICE_MAX_PER_USER), 0};
	DB_QUERY(q, db, &sql_device_list);
	db_bind_str(q, 1, user_id);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW && out->count < DEVICE_MAX_PER_USER)
		read_row(q, arena, &out->items[out->count++]);
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}

static enum status check_room_for_more(struct db_tx *tx, struct str user_id)
{
	DB_QUERY(q, tx->db, &sql_device_count);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK && db_col_int(q, 0) > DEVICE_MAX_PER_USER)
		status = STATUS_TOO_LARGE;
	return status;
}

enum status device_ensure(struct db_tx *tx, struct str user_id, struct str device_id,
	struct str display_name, bool *created_out)
{
	{
		DB_QUERY(q, tx->db, &sql_device_ensure);
		db_bind_str(q, 1, user_id);
		db_bind_str(q, 2, device_id);
		db_bind_str(q, 3, display_name);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
		*created_out = db_changes(tx->db) > 0;
	}
	return *created_out ? check_room_for_more(tx, user_id) : STATUS_OK;
}

enum status device_rename(
	struct db_tx *tx, struct str user_id, struct str device_id, struct str display_name)
{
	DB_QUERY(q, tx->db, &sql_device_rename);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	db_bind_str(q, 3, display_name);
	enum status status = db_run(q);
	if (status == STATUS_OK && db_changes(tx->db) == 0)
		status = STATUS_NOT_FOUND;
	return status;
}

enum status device_seen(
	struct db_tx *tx, struct str user_id, struct str device_id, struct str ip, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_device_seen);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device_id);
	db_bind_str(q, 3, ip);
	db_bind_int(q, 4, now);
	return db_run(q);
}

enum status device_delete(struct db_tx *tx, struct str user_id, struct str device_id)
{
	{
		DB_QUERY(q, tx->db, &sql_device_delete);
		db_bind_str(q, 1, user_id);
		db_bind_str(q, 2, device_id);
		enum status status = db_run(q);
		if (status != STATUS_OK)
			return status;
		if (db_changes(tx->db) == 0)
			return STATUS_NOT_FOUND;
	}
	return token_drop_device(tx, user_id, device_id);
}

enum status dehydrated_device_find(
	struct db *db, struct arena *arena, struct str user_id, struct dehydrated_device *out)
{
	DB_QUERY(q, db, &sql_dehydrated_find);
	db_bind_str(q, 1, user_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct dehydrated_device){db_col_dup(q, 0, arena), db_col_dup(q, 1, arena)};
	return status;
}

enum status dehydrated_device_put(
	struct db_tx *tx, struct str user_id, const struct dehydrated_device *device)
{
	DB_QUERY(q, tx->db, &sql_dehydrated_put);
	db_bind_str(q, 1, user_id);
	db_bind_str(q, 2, device->device_id);
	db_bind_str(q, 3, device->device_data);
	return db_run(q);
}

enum status dehydrated_device_delete(struct db_tx *tx, struct str user_id)
{
	DB_QUERY(q, tx->db, &sql_dehydrated_delete);
	db_bind_str(q, 1, user_id);
	return db_run(q);
}
