/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/mailboxes.h"

DB_SQL(sql_put, "INSERT INTO mailboxes (address, name) VALUES (?1, ?2)"
		" ON CONFLICT (address) DO UPDATE SET name = excluded.name"
		" RETURNING mailbox_id");
DB_SQL(sql_set_space, "UPDATE mailboxes SET space_id = ?2 WHERE mailbox_id = ?1");
DB_SQL(sql_get, "SELECT mailbox_id, address, name, space_id FROM mailboxes WHERE mailbox_id = ?1");
DB_SQL(sql_find,
	"SELECT mailbox_id, address, name, space_id FROM mailboxes WHERE address = lower(?1)");
/* A table of a few rows, one for each mailbox of the configuration. */
DB_SQL(sql_by_space,
	"SELECT mailbox_id, address, name, space_id FROM mailboxes WHERE space_id = ?1");

enum status mailboxes_put(struct db_tx *tx, struct str address, struct str name, int64_t *id_out)
{
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_str(q, 1, address);
	db_bind_str(q, 2, name);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*id_out = db_col_int(q, 0);
	return status;
}

enum status mailboxes_set_space(struct db_tx *tx, int64_t mailbox_id, struct str space_id)
{
	DB_QUERY(q, tx->db, &sql_set_space);
	db_bind_int(q, 1, mailbox_id);
	db_bind_str(q, 2, space_id);
	return db_run(q);
}

static enum status read_row(struct db_query *q, struct arena *arena, struct mailbox_row *out)
{
	enum status status = db_first(q);
	if (status != STATUS_OK)
		return status;
	*out = (struct mailbox_row){
		.mailbox_id = db_col_int(q, 0),
		.address = db_col_dup(q, 1, arena),
		.name = db_col_dup(q, 2, arena),
		.space_id = db_col_dup(q, 3, arena),
	};
	return STATUS_OK;
}

enum status mailboxes_get(
	struct db *db, int64_t mailbox_id, struct arena *arena, struct mailbox_row *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_int(q, 1, mailbox_id);
	return read_row(q, arena, out);
}

enum status mailboxes_find(
	struct db *db, struct str address, struct arena *arena, struct mailbox_row *out)
{
	DB_QUERY(q, db, &sql_find);
	db_bind_str(q, 1, address);
	return read_row(q, arena, out);
}

enum status mailboxes_by_space(
	struct db *db, struct str space_id, struct arena *arena, struct mailbox_row *out)
{
	DB_QUERY(q, db, &sql_by_space);
	db_bind_str(q, 1, space_id);
	return read_row(q, arena, out);
}
