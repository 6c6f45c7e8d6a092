/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite: connections and statements. The only owner of sqlite3.h.
 *
 * WAL, synchronous=FULL, foreign keys on. A statement is a constant declared with DB_SQL where
 * the store uses it; each connection prepares it once and keeps it. DB_SQL also lists it in a
 * section of the program, from which the tests take every statement to look at its query plan.
 *
 *	DB_SQL(sql_user_find, "SELECT password, admin FROM users WHERE name = ?1");
 *
 *	DB_QUERY(q, db, &sql_user_find);
 *	db_bind_str(q, 1, name);
 *	switch (db_step(q)) { case DB_ROW: ... case DB_DONE: ... case DB_ERROR: ... }
 *
 * The statement goes back to its connection at the end of the block. One statement may be in use
 * once per connection at a time (recursion over the same statement asserts). A connection
 * belongs to one thread at a time.
 */
#ifndef PARVIS_DB_DB_H
#define PARVIS_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"

struct db; /* a connection */

struct db_sql {
	const char *text;
};
#define DB_SQL(name, sql_text)                          \
	static const struct db_sql name __attribute__(( \
		section("parvis_db_sql"), used, aligned(sizeof(void *)))) = {sql_text}

/* STATUS_IO when the file cannot be opened or is not a database; the reason is logged. */
MUST_CHECK enum status db_open(const char *path, bool read_only, struct db **out);
void db_close(struct db **db);

/* Migrations in order from 1; each runs once, in one transaction with the number it leaves in
 * PRAGMA user_version. STATUS_CONFLICT when the file is newer than the program. */
struct db_migration {
	int number;
	const char *name;
	const char *sql;
};
MUST_CHECK enum status db_migrate(struct db *db, const struct db_migration *list, size_t count);

struct db_query; /* a statement in use */

enum db_step { DB_ROW, DB_DONE, DB_ERROR };

struct db_query *db_query(struct db *db, const struct db_sql *sql);
void db_query_end(struct db_query **query);
#define DB_QUERY(name, db, sql) \
	__attribute__((cleanup(db_query_end))) struct db_query *name = db_query((db), (sql))

/* Parameters are numbered from 1. Strings and blobs are borrowed until db_query_end(). */
void db_bind_str(struct db_query *q, int i, struct str text); /* p == NULL binds NULL */
void db_bind_c_str(struct db_query *q, int i, const char *text);
void db_bind_blob(struct db_query *q, int i, struct str bytes);
void db_bind_int(struct db_query *q, int i, int64_t value);
void db_bind_bool(struct db_query *q, int i, bool value);
void db_bind_null(struct db_query *q, int i);

/* On DB_ERROR the reason has been logged, and a transaction under way must be given up. */
enum db_step db_step(struct db_query *q);
/* For statements that give no row: STATUS_OK, STATUS_EXISTS on a uniqueness constraint,
 * STATUS_IO on anything else. */
MUST_CHECK enum status db_run(struct db_query *q);
/* Runs to the first row: STATUS_OK with a row, STATUS_NOT_FOUND, or STATUS_IO. */
MUST_CHECK enum status db_first(struct db_query *q);

/* Columns are numbered from 0; what is borrowed lives until the next step. */
struct str db_col_str(struct db_query *q, int i); /* NULL gives {NULL, 0} */
struct str db_col_blob(struct db_query *q, int i);
struct str db_col_dup(struct db_query *q, int i, struct arena *arena);
int64_t db_col_int(struct db_query *q, int i);
bool db_col_bool(struct db_query *q, int i);
bool db_col_is_null(struct db_query *q, int i);

int64_t db_last_row_id(struct db *db);
int64_t db_changes(struct db *db); /* rows changed by the last statement */

/* One consistent view over several queries of a reader. Nests not. */
MUST_CHECK enum status db_snapshot_begin(struct db *db);
void db_snapshot_end(struct db *db);

/* The whole list of DB_SQL statements of this program, for tests. */
size_t db_sql_all(const struct db_sql **first_out);

#endif
