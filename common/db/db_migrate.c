/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/db/db_internal.h"

#define LOG_MODULE "db"
#include "common/base/log.h"

DB_SQL(sql_user_version, "PRAGMA user_version");

static enum status migrate_version(struct db *db, int64_t *out)
{
	DB_QUERY(q, db, &sql_user_version);
	enum status status = db_first(q);

	if (status == STATUS_OK)
		*out = db_col_int(q, 0);
	return status;
}

static enum status migrate_one(struct db *db, const struct db_migration *migration)
{
	char set_version[64];
	enum status status;

	snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %d", migration->number);
	status = db_exec_text(db, "BEGIN IMMEDIATE");
	if (status != STATUS_OK)
		return status;
	status = db_exec_text(db, migration->sql);
	if (status == STATUS_OK)
		status = db_exec_text(db, set_version);
	if (status == STATUS_OK)
		status = db_exec_text(db, "COMMIT");
	if (status == STATUS_OK) {
		log_info("migrated: %s", migration->name);
		return STATUS_OK;
	}
	log_error("migration %s failed; the database is as before", migration->name);
	if (sqlite3_get_autocommit(db_handle(db)) == 0 && db_exec_text(db, "ROLLBACK") != STATUS_OK)
		log_error("rollback failed; SQLite rolls back when the file is opened again");
	return status;
}

enum status db_migrate(struct db *db, const struct db_migration *list, size_t count)
{
	int64_t version = 0;
	enum status status = migrate_version(db, &version);

	if (status != STATUS_OK)
		return status;
	if (count > 0 && version > list[count - 1].number) {
		log_error("the database is of a newer program (schema %lld, this program knows %d)",
			(long long)version, list[count - 1].number);
		return STATUS_CONFLICT;
	}
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		if (list[i].number > version)
			status = migrate_one(db, &list[i]);
	}
	return status;
}
