/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/store/report_store.h"

#include "homeserver/store/rows.h"

DB_SQL(sql_report_add,
	"INSERT INTO reports (reporter, room_id, event_id, reported_user, reason, created_ts) "
	"VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
DB_SQL(sql_report_list,
	"SELECT id, reporter, room_id, event_id, reported_user, reason, created_ts FROM reports "
	"WHERE id < ?1 ORDER BY id DESC LIMIT ?2");

enum status report_add(struct db_tx *tx, const struct report *report)
{
	DB_QUERY(q, tx->db, &sql_report_add);
	db_bind_str(q, 1, report->reporter);
	db_bind_str(q, 2, report->room_id);
	db_bind_str(q, 3, report->event_id);
	db_bind_str(q, 4, report->reported_user);
	db_bind_str(q, 5, report->reason.p == NULL ? STR("") : report->reason);
	db_bind_int(q, 6, report->created_ts);
	return db_run(q);
}

enum status report_list_get(
	struct db *db, struct arena *arena, int64_t before, size_t limit, struct report_list *out)
{
	DB_QUERY(q, db, &sql_report_list);
	enum db_step step;
	db_bind_int(q, 1, before);
	db_bind_int(q, 2, (int64_t)limit);
	*out = (struct report_list){NULL, 0};
	while ((step = db_step(q)) == DB_ROW)
		*ROWS_ADD(arena, out) = (struct report){
			.id = db_col_int(q, 0),
			.reporter = db_col_dup(q, 1, arena),
			.room_id = db_col_dup(q, 2, arena),
			.event_id = db_col_dup(q, 3, arena),
			.reported_user = db_col_dup(q, 4, arena),
			.reason = db_col_dup(q, 5, arena),
			.created_ts = db_col_int(q, 6),
		};
	return step == DB_DONE ? STATUS_OK : STATUS_IO;
}
