/* SPDX-License-Identifier: Apache-2.0 */
/* Inboxes of devices that never come back stay bounded; nobody else's is touched. */
#include "homeserver/store/to_device_store.h"

#include "tests/unit/homeserver/room/room_world.h"

#define ALICE STR("@alice:h")
#define OLD   STR("OLD")
#define NEW   STR("NEW")

DB_SQL(sql_age, "UPDATE to_device_messages SET created_ts = created_ts - ?1 * 86400000"
		" WHERE position <= ?2");

struct filling {
	int64_t from;
	int64_t count;
	struct str device_id;
};

static enum status fill(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct filling *f = arg;
	enum status status = STATUS_OK;
	for (int64_t i = 0; i < f->count && status == STATUS_OK; i++)
		status = to_device_store_add(tx, ALICE, f->device_id, f->from + i, STR("{}"));
	return status;
}

static enum status make_old(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct filling *f = arg;
	DB_QUERY(q, tx->db, &sql_age);
	db_bind_int(q, 1, TO_DEVICE_KEPT_DAYS + 1);
	db_bind_int(q, 2, f->from);
	return db_run(q);
}

static void add(struct world *w, int64_t from, int64_t count, struct str device_id)
{
	struct filling f = {from, count, device_id};
	check_ok(db_write(w->hs.writer, fill, &f));
}

static size_t waiting(struct world *w, struct str device_id)
{
	struct to_device_list list;
	check_ok(to_device_store_list(
		w->db, w->arena, ALICE, device_id, 0, INT64_MAX, 100000, &list));
	return list.count;
}

static void the_newest_stay(void **state)
{
	struct world *w = *state;
	add(w, 1, 10, NEW);
	add(w, 1000, TO_DEVICE_INBOX_MAX + 2000, OLD);
	assert_in_range(waiting(w, OLD), TO_DEVICE_INBOX_MAX, TO_DEVICE_INBOX_MAX + 500);
	assert_int_equal(waiting(w, NEW), 10);
}

static void nothing_is_kept_for_ever(void **state)
{
	struct world *w = *state;
	struct filling old = {.from = 10};
	add(w, 1, 20, OLD);
	check_ok(db_write(w->hs.writer, make_old, &old));
	assert_int_equal(waiting(w, OLD), 20);
	add(w, 256, 1, NEW);
	assert_int_equal(waiting(w, OLD), 10);
	assert_int_equal(waiting(w, NEW), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_newest_stay, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			nothing_is_kept_for_ever, world_set_up, world_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
