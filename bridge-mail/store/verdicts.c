/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/store/verdicts.h"

DB_SQL(sql_put, "INSERT INTO verdicts (mail_id, state, flags, domain, reason)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (mail_id) DO NOTHING");
DB_SQL(sql_get, "SELECT state, flags, domain, reason FROM verdicts WHERE mail_id = ?1");

enum status verdict_put(struct db_tx *tx, int64_t mail_id, const struct verdict *verdict)
{
	DB_QUERY(q, tx->db, &sql_put);
	db_bind_int(q, 1, mail_id);
	db_bind_int(q, 2, verdict->state);
	db_bind_int(q, 3, verdict->flags);
	db_bind_str(q, 4, verdict->domain.p == NULL ? STR("") : verdict->domain);
	db_bind_str(q, 5, verdict->reason.p == NULL ? STR("") : verdict->reason);
	return db_run(q);
}

enum status verdict_get(struct db *db, int64_t mail_id, struct arena *arena, struct verdict *out)
{
	DB_QUERY(q, db, &sql_get);
	db_bind_int(q, 1, mail_id);
	enum status status = db_first(q);
	if (status == STATUS_OK)
		*out = (struct verdict){
			.state = (enum verdict_state)db_col_int(q, 0),
			.flags = (unsigned)db_col_int(q, 1),
			.domain = db_col_dup(q, 2, arena),
			.reason = db_col_dup(q, 3, arena),
		};
	return status;
}
