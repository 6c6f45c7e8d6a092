/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/names.h"

DB_SQL(sql_name_find, "SELECT id FROM names WHERE name = ?1");
DB_SQL(sql_name_add, "INSERT INTO names (name) VALUES (?1)");

/* An empty string is a name too (the usual state key), and must not become NULL. */
static struct str bindable(struct str name)
{
	return name.p == NULL ? STR("") : name;
}

static enum status name_find(struct db *db, struct str name, int64_t *id_out)
{
	DB_QUERY(q, db, &sql_name_find);
	db_bind_str(q, 1, name);
	enum status status = db_first(q);

	if (status == STATUS_OK)
		*id_out = db_col_int(q, 0);
	return status;
}

enum status names_put(struct db_tx *tx, struct str name, int64_t *id_out)
{
	struct str text = bindable(name);
	enum status status = name_find(tx->db, text, id_out);

	if (status != STATUS_NOT_FOUND)
		return status;
	DB_QUERY(q, tx->db, &sql_name_add);
	db_bind_str(q, 1, text);
	status = db_run(q);
	if (status == STATUS_OK)
		*id_out = db_last_row_id(tx->db);
	return status;
}
