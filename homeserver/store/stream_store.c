/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/stream_store.h"

DB_SQL(sql_stream_get, "SELECT position, reserved FROM stream_position WHERE id = 1");
DB_SQL(sql_stream_put, "UPDATE stream_position SET position = ?1, reserved = ?2 WHERE id = 1");

enum status stream_store_get(struct db *db, int64_t *position_out, int64_t *reserved_out)
{
	DB_QUERY(q, db, &sql_stream_get);
	enum status status = db_first(q);

	if (status != STATUS_OK)
		return STATUS_IO;
	*position_out = db_col_int(q, 0);
	*reserved_out = db_col_int(q, 1);
	return STATUS_OK;
}

enum status stream_store_put(struct db_tx *tx, int64_t position, int64_t reserved)
{
	DB_QUERY(q, tx->db, &sql_stream_put);

	db_bind_int(q, 1, position);
	db_bind_int(q, 2, reserved);
	return db_run(q);
}
