/* SPDX-License-Identifier: Apache-2.0 */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/mem.h"
#include "common/db/db_internal.h"
#include "common/db/db_writer.h"

DB_SQL(sql_put, "INSERT INTO things (name, size) VALUES (?1, ?2)");
DB_SQL(sql_get, "SELECT name, size FROM things WHERE name = ?1");
DB_SQL(sql_count, "SELECT count(*) FROM things");
DB_SQL(sql_broken, "SELECT nothing FROM nowhere");

static const struct db_migration first[] = {
	{1, "001_things", "CREATE TABLE things (name TEXT PRIMARY KEY, size INTEGER) STRICT;"},
};
static const struct db_migration second[] = {
	{1, "001_things", "this would fail if it ran again"},
	{2, "002_more", "CREATE TABLE more (a TEXT) STRICT;"},
};
static const struct db_migration failing[] = {
	{1, "001_things", "this would fail if it ran again"},
	{2, "002_half", "CREATE TABLE half (a TEXT); CREATE TABLE things (a TEXT);"},
};

struct fixture {
	char dir[64];
	char path[96];
	struct db_writer *writer;
	int context;
	int committed; /* set by db_after_commit */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct db *db;

	snprintf(f->dir, sizeof(f->dir), "/tmp/parvis-db-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/test.db", f->dir);
	assert_int_equal(db_open(f->path, false, &db), STATUS_OK);
	assert_int_equal(db_migrate(db, first, 1), STATUS_OK);
	db_close(&db);
	assert_int_equal(db_writer_start(f->path, &f->context, &f->writer), STATUS_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	db_writer_stop(&f->writer);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static int64_t count_things(const struct fixture *f)
{
	struct db *db;
	int64_t count;

	assert_int_equal(db_open(f->path, true, &db), STATUS_OK);
	{
		DB_QUERY(q, db, &sql_count);
		assert_int_equal(db_first(q), STATUS_OK);
		count = db_col_int(q, 0);
	}
	db_close(&db);
	return count;
}

struct put {
	const char *name;
	enum status then;
	struct fixture *fixture;
};

static void count_commit(void *context, void *arg)
{
	struct fixture *f = arg;

	assert_ptr_equal(context, &f->context);
	f->committed++;
}

static enum status put_thing(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct put *put = arg;
	enum status status;
	DB_QUERY(q, tx->db, &sql_put);

	db_bind_c_str(q, 1, put->name);
	db_bind_int(q, 2, 7);
	status = db_run(q);
	if (put->fixture != NULL)
		db_after_commit(tx, count_commit, put->fixture);
	return status == STATUS_OK ? put->then : status;
}

static void test_put_is_seen_and_failure_is_undone(void **state)
{
	struct fixture *f = *state;
	struct put good = {"good", STATUS_OK, f}, bad = {"bad", STATUS_DENIED, f};

	assert_int_equal(db_write(f->writer, put_thing, &good), STATUS_OK);
	assert_int_equal(f->committed, 1);
	assert_int_equal(db_write(f->writer, put_thing, &bad), STATUS_DENIED);
	assert_int_equal(f->committed, 1);
	assert_int_equal(db_write(f->writer, put_thing, &good), STATUS_EXISTS);
	assert_int_equal(count_things(f), 1);
}

static void *put_many(void *arg)
{
	struct fixture *f = arg;

	for (int i = 0; i < 50; i++) {
		char name[64];
		struct put put = {name, i % 5 == 0 ? STATUS_INVALID : STATUS_OK, NULL};

		snprintf(name, sizeof(name), "%p-%d", (void *)&put, i);
		assert_int_equal(db_write(f->writer, put_thing, &put), put.then);
	}
	return NULL;
}

static void test_many_callers_share_commits(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[8];
	struct db_writer_stats stats;

	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		threads[i] = thread_start("put", put_many, f);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		thread_join(threads[i]);
	stats = db_writer_stats(f->writer);
	assert_int_equal(stats.changes, 400);
	assert_int_equal(stats.failures, 80);
	assert_true(stats.commits < stats.changes);
	assert_int_equal(count_things(f), 320);
}

static void count_later(void *arg, enum status status)
{
	struct put *put = arg;

	assert_int_equal(status, STATUS_OK);
	put->fixture->committed += 10;
}

static void test_later_runs_before_stop(void **state)
{
	struct fixture *f = *state;
	struct put put = {"later", STATUS_OK, f};

	db_write_later(f->writer, put_thing, &put, count_later);
	db_writer_stop(&f->writer);
	assert_int_equal(f->committed, 11);
	assert_int_equal(count_things(f), 1);
}

struct gate {
	sem_t reached; /* the writer is held */
	sem_t queued;  /* and may go on */
};

/* Holds the writer until the test has queued what is to be one batch. */
static enum status wait_for_batch(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct gate *gate = arg;

	(void)tx;
	return sem_post(&gate->reached) == 0 && sem_wait(&gate->queued) == 0 ? STATUS_OK
									     : STATUS_INTERNAL;
}

/* Leaves nothing that the writer could go back to but the start of the transaction. */
static enum status lose_savepoint(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	assert_int_equal(put_thing(tx, arg), STATUS_OK);
	assert_int_equal(db_exec_text(tx->db, "RELEASE change"), STATUS_OK);
	return STATUS_INVALID;
}

/* As SQLite itself does when the disk is full. */
static enum status lose_transaction(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	assert_int_equal(put_thing(tx, arg), STATUS_OK);
	assert_int_equal(db_exec_text(tx->db, "ROLLBACK"), STATUS_OK);
	return STATUS_INVALID;
}

struct outcome {
	struct put put; /* first: what the change is given */
	enum status status;
};

static void keep_outcome(void *arg, enum status status)
{
	struct outcome *outcome = arg;

	outcome->status = status;
}

static void fail_in_the_middle(struct fixture *f, db_change change)
{
	struct outcome before = {{"before", STATUS_OK, f}, STATUS_OK};
	struct outcome middle = {{"middle", STATUS_OK, f}, STATUS_OK};
	struct outcome after = {{"after", STATUS_OK, f}, STATUS_OK};
	struct put next = {"next", STATUS_OK, f};
	struct gate gate;

	assert_int_equal(sem_init(&gate.reached, 0, 0), 0);
	assert_int_equal(sem_init(&gate.queued, 0, 0), 0);
	db_write_later(f->writer, wait_for_batch, &gate, NULL);
	/* Otherwise the writer might wake between two of these and take them apart. */
	assert_int_equal(sem_wait(&gate.reached), 0);
	db_write_later(f->writer, put_thing, &before, keep_outcome);
	db_write_later(f->writer, change, &middle, keep_outcome);
	db_write_later(f->writer, put_thing, &after, keep_outcome);
	assert_int_equal(sem_post(&gate.queued), 0);
	assert_int_equal(sem_post(&gate.queued), 0);
	/* Perhaps of the same batch; behind it, in any case. */
	(void)(db_write(f->writer, wait_for_batch, &gate) == STATUS_OK);
	assert_int_equal(db_write(f->writer, put_thing, &next), STATUS_OK);
	assert_int_equal(sem_destroy(&gate.queued), 0);
	assert_int_equal(sem_destroy(&gate.reached), 0);
	assert_int_equal(before.status, STATUS_IO);
	assert_int_equal(middle.status, STATUS_INVALID);
	assert_int_equal(after.status, STATUS_IO);
	assert_int_equal(f->committed, 1);
	assert_int_equal(count_things(f), 1);
}

static void test_what_cannot_be_undone_alone_is_undone_with_all(void **state)
{
	fail_in_the_middle(*state, lose_savepoint);
}

static void test_a_lost_transaction_keeps_nothing(void **state)
{
	fail_in_the_middle(*state, lose_transaction);
}

static void test_migrations(void **state)
{
	struct fixture *f = *state;
	struct db *db;

	db_writer_stop(&f->writer);
	assert_int_equal(db_open(f->path, false, &db), STATUS_OK);
	assert_int_equal(db_migrate(db, failing, 2), STATUS_IO);
	assert_int_equal(db_migrate(db, second, 2), STATUS_OK);
	assert_int_equal(db_migrate(db, second, 2), STATUS_OK);
	assert_int_equal(db_migrate(db, first, 1), STATUS_CONFLICT);
	db_close(&db);
}

static void test_bad_statement_and_bad_file(void **state)
{
	struct fixture *f = *state;
	struct db *db;

	assert_int_equal(db_open("/nonexistent/x.db", false, &db), STATUS_IO);
	assert_int_equal(db_open(f->path, true, &db), STATUS_OK);
	for (int i = 0; i < 2; i++) {
		DB_QUERY(q, db, &sql_broken);
		assert_int_equal(db_first(q), STATUS_IO);
	}
	db_close(&db);
}

static void test_nul_empty_and_null(void **state)
{
	struct fixture *f = *state;
	struct db *db;

	db_writer_stop(&f->writer);
	assert_int_equal(db_open(f->path, false, &db), STATUS_OK);
	{
		DB_QUERY(q, db, &sql_put);
		db_bind_str(q, 1, str_n("a\0b", 3));
		db_bind_null(q, 2);
		assert_int_equal(db_run(q), STATUS_OK);
	}
	{
		ARENA_SCOPE(arena);
		DB_QUERY(q, db, &sql_get);
		db_bind_str(q, 1, str_n("a\0b", 3));
		assert_int_equal(db_first(q), STATUS_OK);
		assert_true(str_eq(db_col_dup(q, 0, arena), str_n("a\0b", 3)));
		assert_true(db_col_is_null(q, 1));
		assert_null(db_col_dup(q, 1, arena).p);
	}
	db_close(&db);
}

/* Ends the first statement that runs inside a transaction. */
static int interrupt_once(void *arg)
{
	struct db **db = arg;

	if (*db == NULL || sqlite3_get_autocommit(db_handle(*db)) != 0)
		return 0;
	*db = NULL;
	return 1;
}

static void test_a_snapshot_that_fails_leaves_none_open(void **state)
{
	const struct fixture *f = *state;
	struct db *db, *to_interrupt;

	assert_int_equal(db_open(f->path, true, &db), STATUS_OK);
	to_interrupt = db;
	sqlite3_progress_handler(db_handle(db), 1, interrupt_once, &to_interrupt);
	assert_int_equal(db_snapshot_begin(db), STATUS_IO);
	assert_null(to_interrupt);
	assert_int_equal(db_snapshot_begin(db), STATUS_OK);
	db_snapshot_end(db);
	db_close(&db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_put_is_seen_and_failure_is_undone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_callers_share_commits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_later_runs_before_stop, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_what_cannot_be_undone_alone_is_undone_with_all, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_lost_transaction_keeps_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_migrations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_statement_and_bad_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nul_empty_and_null, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_snapshot_that_fails_leaves_none_open, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
