/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/outgoing_list.h"

#define LINE_COLUMNS                                                             \
	"r.outgoing_id, r.address, r.state, r.report, r.attempts, r.changed_at," \
	" CASE WHEN r.report > 0 THEN r.report_text ELSE r.last_reply END"
DB_SQL(sql_all, "SELECT " LINE_COLUMNS " FROM outgoing o JOIN outgoing_recipients r"
		" ON r.outgoing_id = o.outgoing_id WHERE o.outgoing_id > 0"
		" ORDER BY o.outgoing_id DESC LIMIT ?1");
DB_SQL(sql_failed, "SELECT " LINE_COLUMNS " FROM outgoing_recipients r"
		   " WHERE r.state = 4 OR r.report = 2 ORDER BY r.changed_at DESC LIMIT ?1");
DB_SQL(sql_retry, "UPDATE outgoing_recipients SET state = 0, attempts = 0, next_try_at = ?2,"
		  " changed_at = ?2, told = 0 WHERE outgoing_id = ?1 AND state = 4");

enum status outgoing_list(struct db *db, bool failed, size_t max, struct arena *arena,
	struct outgoing_line **list_out, size_t *count_out)
{
	struct outgoing_line *list = ARENA_ARRAY(arena, struct outgoing_line, max + 1);
	size_t count = 0;
	DB_QUERY(q, db, failed ? &sql_failed : &sql_all);
	db_bind_int(q, 1, (int64_t)max);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW && count < max)
		list[count++] = (struct outgoing_line){
			.outgoing_id = db_col_int(q, 0),
			.address = db_col_dup(q, 1, arena),
			.state = (enum outgoing_state)db_col_int(q, 2),
			.report = (enum outgoing_report)db_col_int(q, 3),
			.attempts = db_col_int(q, 4),
			.changed_at = db_col_int(q, 5),
			.said = db_col_dup(q, 6, arena),
		};
	*list_out = list;
	*count_out = count;
	return step == DB_ERROR ? STATUS_IO : STATUS_OK;
}

enum status outgoing_retry_failed(
	struct db_tx *tx, int64_t outgoing_id, int64_t now, int64_t *count_out)
{
	DB_QUERY(q, tx->db, &sql_retry);
	db_bind_int(q, 1, outgoing_id);
	db_bind_int(q, 2, now);
	enum status status = db_run(q);
	*count_out = db_changes(tx->db);
	return status;
}
