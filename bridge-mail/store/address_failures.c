/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/address_failures.h"

DB_SQL(sql_add, "INSERT INTO address_failures (address, count, last_at) VALUES (?1, 1, ?2)"
		" ON CONFLICT (address) DO UPDATE SET count = count + 1, last_at = ?2");
DB_SQL(sql_clear, "DELETE FROM address_failures WHERE address = ?1");
DB_SQL(sql_count, "SELECT count FROM address_failures WHERE address = ?1");

enum status address_failures_add(struct db_tx *tx, struct str address, int64_t now)
{
	DB_QUERY(q, tx->db, &sql_add);
	db_bind_str(q, 1, address);
	db_bind_int(q, 2, now);
	return db_run(q);
}

enum status address_failures_clear(struct db_tx *tx, struct str address)
{
	DB_QUERY(q, tx->db, &sql_clear);
	db_bind_str(q, 1, address);
	return db_run(q);
}

enum status address_failures_count(struct db *db, struct str address, int64_t *out)
{
	*out = 0;
	DB_QUERY(q, db, &sql_count);
	db_bind_str(q, 1, address);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
