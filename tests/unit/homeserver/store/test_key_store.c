/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "homeserver/store/key_store.h"
#include "homeserver/store/to_device_store.h"
#include "tests/unit/check.h"

extern const struct db_migration homeserver_migrations[];
extern const size_t homeserver_migrations_count;

#define ME    STR("@me:here")
#define PHONE STR("PHONE")
#define CURVE STR("signed_curve25519")

struct fixture {
	char path[64];
	struct db_writer *writer;
	struct db *db;
	struct arena *arena;
};

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	snprintf(f->path, sizeof(f->path), "/tmp/parvis-keys-XXXXXX");
	close(mkstemp(f->path));
	check_ok(db_open(f->path, false, &f->db));
	check_ok(db_migrate(f->db, homeserver_migrations, homeserver_migrations_count));
	check_ok(db_writer_start(f->path, f, &f->writer));
	f->arena = arena_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const behind[] = {"", "-wal", "-shm"};
	struct fixture *f = *state;
	db_writer_stop(&f->writer);
	db_close(&f->db);
	for (size_t i = 0; i < ARRAY_LEN(behind); i++) {
		char path[80];
		snprintf(path, sizeof(path), "%s%s", f->path, behind[i]);
		unlink(path);
	}
	arena_free(&f->arena);
	free(f);
	return 0;
}

struct call {
	struct arena *arena;
	struct one_time_key key;
	int64_t position;
};

static enum status add(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct call *call = arg;
	return key_store_one_time_key_add(tx, ME, PHONE, &call->key);
}

static enum status put_fallback(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct call *call = arg;
	return key_store_fallback_put(tx, ME, PHONE, &call->key);
}

static enum status claim(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct call *call = arg;
	struct one_time_key key;
	enum status status = key_store_claim(tx, ME, PHONE, CURVE, &key);
	if (status == STATUS_OK)
		call->key.key_id = arena_str(call->arena, key.key_id);
	return status;
}

static enum status key_call(
	struct fixture *f, db_change change, const char *key_id, const char *json)
{
	struct call call = {.key = {CURVE, str_c(key_id), str_c(json)}};
	return db_write(f->writer, change, &call);
}

/* The id of the key that a claim gives, "" for none. */
static struct str claimed(struct fixture *f)
{
	struct call call = {.arena = f->arena};
	enum status status = db_write(f->writer, claim, &call);
	if (status == STATUS_NOT_FOUND)
		return STR("");
	check_ok(status);
	return call.key.key_id;
}

static int64_t waiting(struct fixture *f)
{
	struct key_counts counts;
	check_ok(key_store_one_time_counts(f->db, f->arena, ME, PHONE, &counts));
	assert_int_equal(counts.count, 1);
	check_str(counts.items[0].algorithm, "signed_curve25519");
	return counts.items[0].count;
}

static void test_claims_follow_uploads(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(waiting(f), 0);
	check_str(claimed(f), "");
	check_ok(key_call(f, add, "Z", "\"1\""));
	check_ok(key_call(f, add, "A", "\"2\""));
	check_ok(key_call(f, put_fallback, "F", "\"f\""));
	assert_int_equal(waiting(f), 2);
	check_str(claimed(f), "Z");
	check_str(claimed(f), "A");
	assert_int_equal(waiting(f), 0);
}

static size_t unused(struct fixture *f)
{
	struct str_list list;
	check_ok(key_store_unused_fallbacks(f->db, f->arena, ME, PHONE, &list));
	return list.count;
}

static void test_fallback(void **state)
{
	struct fixture *f = *state;
	check_ok(key_call(f, put_fallback, "F", "\"f\""));
	assert_int_equal(unused(f), 1);
	check_str(claimed(f), "F");
	check_str(claimed(f), "F");
	assert_int_equal(unused(f), 0);
	/* The same again is as used as before, another is not. */
	check_ok(key_call(f, put_fallback, "F", "\"f\""));
	assert_int_equal(unused(f), 0);
	check_ok(key_call(f, put_fallback, "G", "\"g\""));
	assert_int_equal(unused(f), 1);
	check_str(claimed(f), "G");
	check_ok(key_call(f, add, "A", "\"1\""));
	check_str(claimed(f), "A");
}

static void test_repeated_uploads(void **state)
{
	struct fixture *f = *state;
	check_ok(key_call(f, add, "A", "\"1\""));
	check_ok(key_call(f, add, "A", "\"1\""));
	assert_int_equal(waiting(f), 1);
	check_status(key_call(f, add, "A", "\"2\""), STATUS_CONFLICT);
	check_str(claimed(f), "A");
	check_ok(key_call(f, add, "A", "\"1\""));
	check_str(claimed(f), "");
	/* Another key under an id that is spent: a device that began anew. */
	check_ok(key_call(f, add, "A", "\"2\""));
	check_str(claimed(f), "A");
}

/* Spent keys are remembered, but not for ever. */
static void test_spent_keys_are_forgotten(void **state)
{
	struct fixture *f = *state;
	char id[16];
	for (int i = 0; i < 250; i++) {
		snprintf(id, sizeof(id), "%d", i);
		check_ok(key_call(f, add, id, "\"x\""));
		check_str(claimed(f), id);
	}
	check_ok(key_call(f, add, "249", "\"x\""));
	assert_int_equal(waiting(f), 0);
	check_ok(key_call(f, add, "0", "\"x\""));
	assert_int_equal(waiting(f), 1);
}

/* --- to-device messages --- */

static enum status deliver(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct call *call = arg;
	return to_device_store_add(tx, ME, PHONE, call->position, STR("{}"));
}

static enum status forget(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct call *call = arg;
	return to_device_store_delete(tx, ME, PHONE, call->position);
}

static void test_to_device(void **state)
{
	struct fixture *f = *state;
	struct to_device_list list;
	for (int64_t position = 10; position < 20; position++)
		check_ok(db_write(f->writer, deliver, &(struct call){.position = position}));
	check_ok(to_device_store_list(f->db, f->arena, ME, PHONE, 0, 100, 4, &list));
	assert_int_equal(list.count, 4);
	assert_true(list.more);
	assert_int_equal(list.items[3].position, 13);
	check_ok(to_device_store_list(f->db, f->arena, ME, PHONE, 13, 16, 4, &list));
	assert_int_equal(list.count, 3);
	assert_false(list.more);
	check_ok(db_write(f->writer, forget, &(struct call){.position = 18}));
	check_ok(to_device_store_list(f->db, f->arena, ME, PHONE, 0, 100, 4, &list));
	assert_int_equal(list.count, 1);
	check_ok(to_device_store_list(f->db, f->arena, ME, STR("OTHER"), 0, 100, 4, &list));
	assert_int_equal(list.count, 0);
}

static enum status remember(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct call *call = arg;
	return to_device_store_txn(tx, &(struct to_device_txn){.user_id = ME,
					       .device_id = PHONE,
					       .type = STR("t"),
					       .txn_id = call->key.key_id,
					       .now = call->position});
}

static enum status txn(struct fixture *f, const char *txn_id, int64_t now)
{
	struct call call = {.position = now, .key = {.key_id = str_c(txn_id)}};
	return db_write(f->writer, remember, &call);
}

static void test_transactions(void **state)
{
	const int64_t week = INT64_C(7) * 24 * 3600 * 1000;
	struct fixture *f = *state;
	check_ok(txn(f, "a", 1000));
	check_status(txn(f, "a", 2000), STATUS_EXISTS);
	check_ok(txn(f, "b", 2000));
	check_status(txn(f, "a", 1000 + week), STATUS_EXISTS);
	check_ok(txn(f, "a", 1001 + week));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_claims_follow_uploads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fallback, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_repeated_uploads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_spent_keys_are_forgotten, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_to_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_transactions, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
