/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the disk and SQLite give when nothing else is done: rows of so many bytes, so many to a
 * durable commit, for so many seconds.
 *
 *	disk FILE BYTES ROWS_A_COMMIT SECONDS
 *
 * Prints the rows a second.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/db/db.h"

static const struct db_migration schema[] = {
	{1, "bench", "CREATE TABLE rows (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT"}};

DB_SQL(sql_begin, "BEGIN IMMEDIATE");
DB_SQL(sql_commit, "COMMIT");
DB_SQL(sql_insert, "INSERT INTO rows (bytes) VALUES (?1)");

static enum status run(struct db *db, const struct db_sql *sql, struct str bytes)
{
	DB_QUERY(q, db, sql);

	if (bytes.p != NULL)
		db_bind_blob(q, 1, bytes);
	return db_run(q);
}

static enum status commit_rows(struct db *db, struct str bytes, long rows)
{
	enum status status = run(db, &sql_begin, STR_EMPTY);

	for (long i = 0; i < rows && status == STATUS_OK; i++)
		status = run(db, &sql_insert, bytes);
	return status == STATUS_OK ? run(db, &sql_commit, STR_EMPTY) : status;
}

int main(int argc, char **argv)
{
	struct db *db = NULL;

	if (argc != 5) {
		fprintf(stderr, "usage: disk FILE BYTES ROWS_A_COMMIT SECONDS\n");
		return EXIT_FAILURE;
	}
	size_t n = strtoul(argv[2], NULL, 10);
	long rows = strtol(argv[3], NULL, 10), done = 0;
	MEM_SCOPE char *bytes = mem_calloc(n + 1, 1);
	if (db_open(argv[1], false, &db) != STATUS_OK ||
		db_migrate(db, schema, ARRAY_LEN(schema)) != STATUS_OK)
		return EXIT_FAILURE;
	int64_t begin = clock_mono_us(), now = begin;
	int64_t until = begin + (int64_t)(strtod(argv[4], NULL) * 1e6);
	while (now < until) {
		if (commit_rows(db, str_n(bytes, n), rows) != STATUS_OK)
			return EXIT_FAILURE;
		done += rows;
		now = clock_mono_us();
	}
	printf("%.0f\n", (double)done * 1e6 / (double)(now - begin));
	db_close(&db);
	return EXIT_SUCCESS;
}
