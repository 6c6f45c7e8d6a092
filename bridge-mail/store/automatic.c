/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/automatic.h"

DB_SQL(sql_forget, "DELETE FROM automatic_answers WHERE at <= ?1 AND kind = ?2");
DB_SQL(sql_take, "INSERT INTO automatic_answers (address, kind, at) VALUES (?1, ?2, ?3)");

enum status automatic_take(
	struct db_tx *tx, struct str address, const char *kind, int64_t now, int64_t interval)
{
	DB_QUERY(forget, tx->db, &sql_forget);
	db_bind_int(forget, 1, now - interval);
	db_bind_c_str(forget, 2, kind);
	enum status status = db_run(forget);
	if (status != STATUS_OK)
		return status;
	DB_QUERY(q, tx->db, &sql_take);
	db_bind_str(q, 1, address);
	db_bind_c_str(q, 2, kind);
	db_bind_int(q, 3, now);
	status = db_run(q);
	return status == STATUS_EXISTS ? STATUS_LIMITED : status;
}
