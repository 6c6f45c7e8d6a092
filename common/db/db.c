/* SPDX-License-Identifier: Apache-2.0 */
#include "common/db/db.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/db/db_internal.h"

#define LOG_MODULE "db"
#include "common/base/log.h"

/* A connection's statements, found by the address of their DB_SQL constant. The table grows by
 * doubling and never shrinks: a program has some hundreds of statements. */
struct db_query {
	const struct db_sql *sql;
	sqlite3_stmt *stmt;
	struct db *db;
	bool busy;
};

struct db {
	sqlite3 *handle;
	struct db_query **statements; /* open addressing */
	size_t statement_count;
	size_t statement_cap; /* a power of two */
};

sqlite3 *db_handle(struct db *db)
{
	return db->handle;
}

static void db_log_failure(struct db *db, const char *what, const char *sql)
{
	log_error("%s failed: %s (%d) in: %.200s", what, sqlite3_errmsg(db->handle),
		sqlite3_extended_errcode(db->handle), sql);
}

enum status db_exec_text(struct db *db, const char *sql)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
		return STATUS_OK;
	db_log_failure(db, "statement", sql);
	return STATUS_IO;
}

/* Counting its memory costs SQLite a lock that all connections share, at each allocation. */
static void db_prepare_sqlite(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum status db_open(const char *path, bool read_only, struct db **out)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct db *db = MEM_NEW(struct db);
	int flags = SQLITE_OPEN_NOMUTEX |
		    (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);

	pthread_once(&once, db_prepare_sqlite);
	if (sqlite3_open_v2(path, &db->handle, flags, NULL) != SQLITE_OK) {
		log_error("cannot open %s: %s", path,
			db->handle == NULL ? "out of memory" : sqlite3_errmsg(db->handle));
		goto fail;
	}
	sqlite3_extended_result_codes(db->handle, 1);
	/* Only a checkpoint or another program's backup can hold a lock against us. */
	sqlite3_busy_timeout(db->handle, 10000);
	/* FULL: the WAL is synced at each commit, so what was acknowledged survives a power cut.
	 * cell_size_check and trusted_schema guard against a damaged or hostile file. */
	if (db_exec_text(db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
			     "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000;"
			     "PRAGMA foreign_keys = ON;") != STATUS_OK)
		goto fail;
	if (!read_only && db_exec_text(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
					   "PRAGMA journal_size_limit = 16777216;") != STATUS_OK)
		goto fail;
	*out = db;
	return STATUS_OK;
fail:
	db_close(&db);
	return STATUS_IO;
}

void db_close(struct db **db)
{
	struct db *d = *db;

	if (d == NULL)
		return;
	for (size_t i = 0; i < d->statement_cap; i++) {
		if (d->statements[i] == NULL)
			continue;
		assert(!d->statements[i]->busy);
		sqlite3_finalize(d->statements[i]->stmt);
		free(d->statements[i]);
	}
	free(d->statements);
	sqlite3_close(d->handle);
	free(d);
	*db = NULL;
}

static size_t db_slot(struct db_query *const *table, size_t cap, const struct db_sql *sql)
{
	/* Addresses of 8-byte constants: the low bits say nothing. */
	size_t i = ((uintptr_t)sql >> 3) * (size_t)UINT64_C(0x9e3779b97f4a7c15) & (cap - 1);

	while (table[i] != NULL && table[i]->sql != sql)
		i = (i + 1) & (cap - 1);
	return i;
}

static void db_grow(struct db *db)
{
	size_t cap = db->statement_cap == 0 ? 64 : db->statement_cap * 2;
	struct db_query **table = mem_calloc(cap, sizeof(*table));

	for (size_t i = 0; i < db->statement_cap; i++) {
		if (db->statements[i] != NULL)
			table[db_slot(table, cap, db->statements[i]->sql)] = db->statements[i];
	}
	free(db->statements);
	db->statements = table;
	db->statement_cap = cap;
}

static struct db_query *db_prepare(struct db *db, const struct db_sql *sql)
{
	struct db_query *q = MEM_NEW(struct db_query);

	q->sql = sql;
	q->db = db;
	if (sqlite3_prepare_v3(db->handle, sql->text, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt,
		    NULL) != SQLITE_OK) {
		/* The text is a constant of ours: each step of it will answer DB_ERROR. */
		db_log_failure(db, "prepare", sql->text);
		q->stmt = NULL;
	}
	return q;
}

struct db_query *db_query(struct db *db, const struct db_sql *sql)
{
	size_t i;
	struct db_query *q;

	if (db->statement_count * 2 >= db->statement_cap)
		db_grow(db);
	i = db_slot(db->statements, db->statement_cap, sql);
	if (db->statements[i] == NULL) {
		db->statements[i] = db_prepare(db, sql);
		db->statement_count++;
	}
	q = db->statements[i];
	assert(!q->busy);
	q->busy = true;
	return q;
}

void db_query_end(struct db_query **query)
{
	struct db_query *q = *query;

	if (q == NULL)
		return;
	if (q->stmt != NULL) {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
	}
	q->busy = false;
	*query = NULL;
}

void db_bind_str(struct db_query *q, int i, struct str text)
{
	if (q->stmt == NULL)
		return;
	if (text.p == NULL)
		sqlite3_bind_null(q->stmt, i);
	else
		sqlite3_bind_text64(q->stmt, i, text.p, text.n, SQLITE_STATIC, SQLITE_UTF8);
}

void db_bind_c_str(struct db_query *q, int i, const char *text)
{
	db_bind_str(q, i, str_c(text));
}

void db_bind_blob(struct db_query *q, int i, struct str bytes)
{
	if (q->stmt == NULL)
		return;
	if (bytes.p == NULL)
		sqlite3_bind_null(q->stmt, i);
	else
		sqlite3_bind_blob64(q->stmt, i, bytes.p, bytes.n, SQLITE_STATIC);
}

void db_bind_int(struct db_query *q, int i, int64_t value)
{
	if (q->stmt != NULL)
		sqlite3_bind_int64(q->stmt, i, value);
}

void db_bind_bool(struct db_query *q, int i, bool value)
{
	db_bind_int(q, i, value ? 1 : 0);
}

void db_bind_null(struct db_query *q, int i)
{
	if (q->stmt != NULL)
		sqlite3_bind_null(q->stmt, i);
}

enum db_step db_step(struct db_query *q)
{
	int rc;

	if (q->stmt == NULL)
		return DB_ERROR;
	rc = sqlite3_step(q->stmt);
	if (rc == SQLITE_ROW)
		return DB_ROW;
	if (rc == SQLITE_DONE)
		return DB_DONE;
	db_log_failure(q->db, "step", q->sql->text);
	return DB_ERROR;
}

enum status db_run(struct db_query *q)
{
	int rc;

	if (q->stmt == NULL)
		return STATUS_IO;
	do {
		rc = sqlite3_step(q->stmt);
	} while (rc == SQLITE_ROW);
	if (rc == SQLITE_DONE)
		return STATUS_OK;
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
		return STATUS_EXISTS;
	db_log_failure(q->db, "run", q->sql->text);
	return STATUS_IO;
}

enum status db_first(struct db_query *q)
{
	switch (db_step(q)) {
	case DB_ROW:
		return STATUS_OK;
	case DB_DONE:
		return STATUS_NOT_FOUND;
	case DB_ERROR:
		break;
	}
	return STATUS_IO;
}

struct str db_col_str(struct db_query *q, int i)
{
	const unsigned char *text = sqlite3_column_text(q->stmt, i);

	if (text == NULL)
		return STR_EMPTY;
	return str_n((const char *)text, (size_t)sqlite3_column_bytes(q->stmt, i));
}

struct str db_col_blob(struct db_query *q, int i)
{
	const void *bytes = sqlite3_column_blob(q->stmt, i);

	if (bytes == NULL)
		return STR_EMPTY;
	return str_n(bytes, (size_t)sqlite3_column_bytes(q->stmt, i));
}

struct str db_col_dup(struct db_query *q, int i, struct arena *arena)
{
	if (sqlite3_column_type(q->stmt, i) == SQLITE_NULL)
		return STR_EMPTY;
	if (sqlite3_column_type(q->stmt, i) == SQLITE_BLOB) {
		/* An empty blob is not NULL, though its pointer is. */
		struct str bytes = db_col_blob(q, i);
		return arena_str(arena, bytes.p == NULL ? STR("") : bytes);
	}
	return arena_str(arena, db_col_str(q, i));
}

int64_t db_col_int(struct db_query *q, int i)
{
	return sqlite3_column_int64(q->stmt, i);
}

bool db_col_bool(struct db_query *q, int i)
{
	return db_col_int(q, i) != 0;
}

bool db_col_is_null(struct db_query *q, int i)
{
	return sqlite3_column_type(q->stmt, i) == SQLITE_NULL;
}

int64_t db_last_row_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int64_t db_changes(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

DB_SQL(sql_begin, "BEGIN");
DB_SQL(sql_rollback, "ROLLBACK");
/* BEGIN alone takes its snapshot at the first read, so something is read at once. */
DB_SQL(sql_first_read, "SELECT 1 FROM sqlite_schema LIMIT 1");

enum status db_run_sql(struct db *db, const struct db_sql *sql)
{
	DB_QUERY(q, db, sql);

	return db_run(q);
}

enum status db_snapshot_begin(struct db *db)
{
	enum status status = db_run_sql(db, &sql_begin);

	if (status == STATUS_OK)
		status = db_run_sql(db, &sql_first_read);
	/* Left open, the transaction would refuse every snapshot to come. */
	if (status != STATUS_OK)
		db_snapshot_end(db);
	return status;
}

void db_snapshot_end(struct db *db)
{
	/* Nothing was written, so there is nothing to lose when this fails. */
	if (sqlite3_get_autocommit(db->handle) == 0 && db_run_sql(db, &sql_rollback) != STATUS_OK)
		log_warning("a snapshot did not end");
}

/* Made by the linker around the section that DB_SQL fills; weak, for programs without any. */
extern const struct db_sql __start_parvis_db_sql[] __attribute__((weak));
extern const struct db_sql __stop_parvis_db_sql[] __attribute__((weak));

size_t db_sql_all(const struct db_sql **first_out)
{
	*first_out = __start_parvis_db_sql;
	return (size_t)(__stop_parvis_db_sql - __start_parvis_db_sql);
}
