/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/digest_store.h"

#define OF_ROOM " SELECT id, ?2 FROM rooms WHERE room_id = ?1 ON CONFLICT (room) DO UPDATE SET "

DB_SQL(sql_digest_bump, "INSERT INTO room_digests (room, bump)" OF_ROOM "bump = excluded.bump");
DB_SQL(sql_digest_encrypted,
	"INSERT INTO room_digests (room, encrypted)" OF_ROOM "encrypted = excluded.encrypted");
DB_SQL(sql_digest_type, "INSERT INTO room_digests (room, type)" OF_ROOM "type = excluded.type");
DB_SQL(sql_digest_name, "INSERT INTO room_digests (room, name)" OF_ROOM "name = excluded.name");

static enum status set_int(struct db_tx *tx, const struct db_sql *sql, struct str room_id,
	int64_t value) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, room_id);
	db_bind_int(q, 2, value);
	return db_run(q);
}

static enum status set_text(struct db_tx *tx, const struct db_sql *sql, struct str room_id,
	struct str value) REQUIRES(on_writer)
{
	DB_QUERY(q, tx->db, sql);
	db_bind_str(q, 1, room_id);
	db_bind_str(q, 2, value);
	return db_run(q);
}

enum status digest_store_set_bump(struct db_tx *tx, struct str room_id, int64_t position)
{
	return set_int(tx, &sql_digest_bump, room_id, position);
}

enum status digest_store_set_encrypted(struct db_tx *tx, struct str room_id, bool encrypted)
{
	return set_int(tx, &sql_digest_encrypted, room_id, encrypted);
}

enum status digest_store_set_type(struct db_tx *tx, struct str room_id, struct str type)
{
	return set_text(tx, &sql_digest_type, room_id, type);
}

enum status digest_store_set_name(struct db_tx *tx, struct str room_id, struct str name)
{
	return set_text(tx, &sql_digest_name, room_id, name);
}
