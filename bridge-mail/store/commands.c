/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/commands.h"

DB_SQL(sql_put, "INSERT INTO commands (event_id, thread_id, kind, outcome, other, text, at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
DB_SQL(sql_get, "SELECT event_id, thread_id, kind, outcome, other, text, at FROM commands"
		" WHERE event_id = ?1");
DB_SQL(sql_prune, "DELETE FROM commands WHERE at < ?1");

enum status command_put(struct db_tx *tx, const struct command_row *row)
{
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_str(q, 1, row->event_id);
	db_bind_int(q, 2, row->thread_id);
	db_bind_int(q, 3, row->kind);
	db_bind_int(q, 4, row->outcome);
	db_bind_int(q, 5, row->other);
	db_bind_str(q, 6, row->text.p == NULL ? STR("") : row->text);
	db_bind_int(q, 7, row->at);
	return db_run(q);
}

enum status command_get(
	struct db *db, struct str event_id, struct arena *arena, struct command_row *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_str(q, 1, event_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct command_row){
			.event_id = db_col_dup(q, 0, arena),
			.thread_id = db_col_int(q, 1),
			.kind = (int)db_col_int(q, 2),
			.outcome = (int)db_col_int(q, 3),
			.other = db_col_int(q, 4),
			.text = db_col_dup(q, 5, arena),
			.at = db_col_int(q, 6),
		};
	return status;
}

enum status commands_prune(struct db_tx *tx, int64_t before)
{
	DB_QUERY(q, tx->db, &sql_prune);
	db_bind_int(q, 1, before);
	return db_run(q);
}
