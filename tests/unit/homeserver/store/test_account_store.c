/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "homeserver/store/account_data_store.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/device_store.h"
#include "homeserver/store/filter_store.h"
#include "homeserver/store/profile_store.h"
#include "tests/unit/check.h"

extern const struct db_migration homeserver_migrations[];
extern const size_t homeserver_migrations_count;

#define CAMILLE STR("@camille:here")

struct fixture {
	char path[64];
	struct db *db;
	struct db_writer *writer;
	struct arena *arena;
};

static void change(struct fixture *f, enum status (*run)(struct db_tx *tx, void *arg), void *arg)
{
	check_ok(db_write(f->writer, run, arg));
}

static enum status add_account(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct account account = {
		.user_id = str_c(arg), .password = STR("encoded"), .created_ts = 7};
	return account_create(tx, &account);
}

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	char camille[] = "@camille:here";
	snprintf(f->path, sizeof(f->path), "/tmp/parvis-accounts-XXXXXX");
	int fd = mkstemp(f->path);
	assert_true(fd >= 0);
	close(fd);
	check_ok(db_open(f->path, false, &f->db));
	check_ok(db_migrate(f->db, homeserver_migrations, homeserver_migrations_count));
	check_ok(db_writer_start(f->path, f, &f->writer));
	f->arena = arena_new();
	change(f, add_account, camille);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	arena_free(&f->arena);
	db_writer_stop(&f->writer);
	db_close(&f->db);
	unlink(f->path);
	free(f);
	return 0;
}

static void an_account_is_found_as_it_was_made(void **state)
{
	struct fixture *f = *state;
	struct account account;
	struct profile profile;
	char camille[] = "@camille:here";
	check_ok(account_find(f->db, f->arena, CAMILLE, &account));
	check_str(account.password, "encoded");
	assert_null(account.appservice_id.p);
	assert_int_equal(account.created_ts, 7);
	assert_false(account.is_admin || account.deactivated);
	check_ok(profile_get(f->db, f->arena, CAMILLE, &profile));
	check_str(profile.displayname, "camille");
	assert_null(profile.avatar_url.p);
	check_status(
		account_find(f->db, f->arena, STR("@Camille:here"), &account), STATUS_NOT_FOUND);
	check_status(db_write(f->writer, add_account, camille), STATUS_EXISTS);
}

static enum status rename_camille(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return profile_set_displayname(tx, CAMILLE, str_c(arg));
}

static size_t found(struct fixture *f, const char *term)
{
	struct profile_matches matches;
	check_ok(profile_search(f->db, f->arena, str_c(term), 10, &matches));
	return matches.count;
}

static void people_are_found_by_beginnings_of_words(void **state)
{
	struct fixture *f = *state;
	char name[] = "Jean-Noël O'Brien \"JN\"";
	static const char *const hits[] = {"cam", "CAMILLE", "noel", "jean no", "brien o",
		"noël jn", "-jean-", "\"jn", "o'brien"};
	static const char *const misses[] = {"", " ", "\"", "*", "amille", "AND", "jean AND",
		"here", "col:jean", "NEAR(", "^jean x"};
	change(f, rename_camille, name);
	for (size_t i = 0; i < ARRAY_LEN(hits); i++)
		assert_int_equal(found(f, hits[i]), 1);
	for (size_t i = 0; i < ARRAY_LEN(misses); i++)
		assert_int_equal(found(f, misses[i]), 0);
	change(f, rename_camille, NULL);
	assert_int_equal(found(f, "noel"), 0);
	assert_int_equal(found(f, "camille"), 1);
}

static enum status put_data(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return account_data_put(tx, CAMILLE, arg);
}

static void account_data_is_told_by_position(void **state)
{
	struct fixture *f = *state;
	struct account_data_list list;
	struct str content;
	struct account_data rows[] = {
		{.type = STR("m.direct"), .content = STR("{\"a\":1}"), .position = 10},
		{.room_id = STR("!r"), .type = STR("m.tag"), .content = STR("{}"), .position = 11},
		{.type = STR("m.direct"), .content = STR("{\"a\":2}"), .position = 12},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		change(f, put_data, &rows[i]);
	check_ok(account_data_get(f->db, f->arena, CAMILLE, STR_EMPTY, STR("m.direct"), &content));
	check_str(content, "{\"a\":2}");
	check_ok(account_data_changes(f->db, f->arena, CAMILLE, 0, 100, &list));
	assert_int_equal(list.count, 2);
	check_str(list.items[0].room_id, "!r");
	check_str(list.items[1].type, "m.direct");
	check_ok(account_data_changes(f->db, f->arena, CAMILLE, 11, 100, &list));
	assert_int_equal(list.count, 1);
	check_ok(account_data_changes(f->db, f->arena, CAMILLE, 0, 11, &list));
	assert_int_equal(list.count, 1);
	check_ok(account_data_all(f->db, f->arena, CAMILLE, STR("!r"), &list));
	assert_int_equal(list.count, 1);
	check_status(account_data_get(f->db, f->arena, STR("@other:here"), STR_EMPTY,
			     STR("m.direct"), &content),
		STATUS_NOT_FOUND);
}

static void account_data_has_a_size(void **state)
{
	struct fixture *f = *state;
	char *large = arena_alloc(f->arena, ACCOUNT_DATA_MAX_BYTES + 1);
	memset(large, ' ', ACCOUNT_DATA_MAX_BYTES + 1);
	struct account_data row = {.type = STR("x"),
		.content = str_n(large, ACCOUNT_DATA_MAX_BYTES + 1),
		.position = 1};
	check_status(db_write(f->writer, put_data, &row), STATUS_TOO_LARGE);
	row.content.n--;
	change(f, put_data, &row);
}

struct filter_step {
	const char *content;
	int64_t id;
};

static enum status put_filter(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct filter_step *step = arg;
	return filter_put(tx, CAMILLE, str_c(step->content), &step->id);
}

static void the_same_filter_has_one_id(void **state)
{
	struct fixture *f = *state;
	struct filter_step one = {"{}", 0};
	struct filter_step two = {"{\"room\":{}}", 0};
	struct filter_step again = {"{}", 0};
	struct str content;
	change(f, put_filter, &one);
	change(f, put_filter, &two);
	change(f, put_filter, &again);
	assert_int_equal(one.id, again.id);
	assert_int_not_equal(one.id, two.id);
	check_ok(filter_get(f->db, f->arena, CAMILLE, two.id, &content));
	check_str(content, "{\"room\":{}}");
	check_status(filter_get(f->db, f->arena, STR("@other:here"), two.id, &content),
		STATUS_NOT_FOUND);
}

static enum status fill_devices(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	int count = *(int *)arg;
	enum status status = STATUS_OK;
	for (int i = 0; i < count && status == STATUS_OK; i++) {
		bool created;
		struct str id = arena_printf(tx->arena, "D%04d", i);
		status = device_ensure(tx, CAMILLE, id, STR_EMPTY, &created);
	}
	return status;
}

static void devices_are_bounded(void **state)
{
	struct fixture *f = *state;
	int most = DEVICE_MAX_PER_USER;
	int more = DEVICE_MAX_PER_USER + 1;
	struct device_list list;
	change(f, fill_devices, &most);
	check_status(db_write(f->writer, fill_devices, &more), STATUS_TOO_LARGE);
	change(f, fill_devices, &most);
	check_ok(device_list_get(f->db, f->arena, CAMILLE, &list));
	assert_int_equal(list.count, DEVICE_MAX_PER_USER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_account_is_found_as_it_was_made, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			people_are_found_by_beginnings_of_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			account_data_is_told_by_position, set_up, tear_down),
		cmocka_unit_test_setup_teardown(account_data_has_a_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_filter_has_one_id, set_up, tear_down),
		cmocka_unit_test_setup_teardown(devices_are_bounded, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
