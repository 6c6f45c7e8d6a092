/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at the plan of every statement of the homeserver: none may read a whole table. Tables that
 * stay small whatever happens are listed below.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "homeserver/start.h"
#include "tests/unit/check.h"

extern const struct db_migration homeserver_migrations[];
extern const size_t homeserver_migrations_count;

/* Named so that the linker takes every part of the program, and with it every statement. */
static enum status (*const whole_program)(const struct config *config, struct homeserver **out,
	char why[START_ERROR_MAX]) = homeserver_start;

static const char *const small_tables[] = {
	"stream_position", /* one row */
	"sqlite_schema",
};

/* Beginnings of statements that look like a scan and are none. */
static const char *const bounded[] = {
	/* The two oldest, in the order of the key. */
	"DELETE FROM event_txns WHERE event IN (SELECT event FROM event_txns ORDER BY event LIMIT",
	/* Once, at the start: who has pushers, and all that waits. */
	"SELECT DISTINCT user_id FROM pushers",
	"SELECT user_id, app_id, pushkey FROM push_badges WHERE reads > 0 UNION",
	/* The rooms of all directories: what is asked for. */
	"WITH listed (id) AS (SELECT room FROM appservice_rooms UNION SELECT id FROM rooms WHERE "
	"published = 1)",
	/* Counts the published rooms, along an index that holds nothing else. */
	"SELECT count(*) FROM rooms WHERE published = 1",
	/* What relates to one event, and to that: each step along an index. */
	"WITH RECURSIVE related (child, depth) AS (",
};

/* "SCAN m", "SCAN m USING INDEX ...": reads all of it. A constant row, a subquery's rows and what
 * a virtual table's index found are no table. */
static bool reads_whole_table(struct str detail)
{
	if (!str_starts(detail, STR("SCAN ")))
		return false;
	struct str what = str_skip(detail, 5);
	if (str_starts(what, STR("CONSTANT ROW")) || str_starts(what, STR("(")) ||
		str_find(detail, STR("VIRTUAL TABLE INDEX")) >= 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(small_tables); i++)
		if (str_starts(what, str_c(small_tables[i])))
			return false;
	return true;
}

static bool is_planned(struct str text)
{
	static const char *const verbs[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"};
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (str_starts(str_trim(text), str_c(verbs[i])))
			return true;
	return false;
}

static bool is_bounded(struct str text)
{
	for (size_t i = 0; i < ARRAY_LEN(bounded); i++)
		if (str_starts(text, str_c(bounded[i])))
			return true;
	return false;
}

static int count_scans(struct db *db, const struct db_sql *sql, struct arena *arena)
{
	int scans = 0;
	/* The connection keeps statements by their address until it is closed. */
	struct db_sql *explain = ARENA_NEW(arena, struct db_sql);
	struct str text = arena_printf(arena, "EXPLAIN QUERY PLAN %s", sql->text);
	explain->text = arena_c_str(arena, text);
	DB_QUERY(q, db, explain);
	enum db_step step;
	while ((step = db_step(q)) == DB_ROW) {
		struct str detail = db_col_str(q, 3);
		if (!reads_whole_table(detail))
			continue;
		printf("# %.*s\n#   in %s\n", STR_FMT(detail), sql->text);
		scans++;
	}
	assert_int_equal(step, DB_DONE);
	return scans;
}

static void no_statement_reads_a_whole_table(void **state)
{
	char path[] = "/tmp/parvis-plans-XXXXXX";
	int fd = mkstemp(path);
	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_non_null(whole_program);
	struct db *db = NULL;
	check_ok(db_open(path, false, &db));
	check_ok(db_migrate(db, homeserver_migrations, homeserver_migrations_count));
	const struct db_sql *first;
	size_t count = db_sql_all(&first);
	ARENA_SCOPE(arena);
	int scans = 0;
	size_t planned = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_planned(str_c(first[i].text)) || is_bounded(str_c(first[i].text)))
			continue;
		planned++;
		scans += count_scans(db, &first[i], arena);
	}
	db_close(&db);
	unlink(path);
	assert_true(planned > 100);
	assert_int_equal(scans, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_statement_reads_a_whole_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
