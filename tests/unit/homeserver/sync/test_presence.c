/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "homeserver/sync/presence.h"
#include "tests/unit/check.h"

extern const struct db_migration homeserver_migrations[];
extern const size_t homeserver_migrations_count;

#define ALICE STR("@alice:here")
#define NOW   INT64_C(1000000)
#define SYNC  INT64_C(30000)

struct fixture {
	char path[64];
	struct db *db;
	struct presence *presence;
	struct arena *arena;
};

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	int fd;

	snprintf(f->path, sizeof(f->path), "/tmp/parvis-presence-XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	close(fd);
	check_ok(db_open(f->path, false, &f->db));
	check_ok(db_migrate(f->db, homeserver_migrations, homeserver_migrations_count));
	f->presence = presence_new();
	f->arena = arena_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	presence_free(&f->presence);
	db_close(&f->db);
	arena_free(&f->arena);
	unlink(f->path);
	free(f);
	return 0;
}

static void sync_at(struct fixture *f, enum presence_wish wish, int64_t now_ms)
{
	const struct presence_sync sync = {
		.user_id = ALICE,
		.wish = wish,
		.wants = true,
		.lasts_ms = SYNC,
		.now_ms = now_ms,
		.wall_ms = now_ms,
	};

	check_ok(presence_sync_begins(f->presence, f->db, &sync));
}

static void check_state(struct fixture *f, int64_t now_ms, const char *expected)
{
	struct presence_view view;

	(void)presence_look(f->presence, now_ms);
	assert_true(presence_find(f->presence, f->arena, ALICE, &view));
	assert_string_equal(presence_word(view.state), expected);
}

static void words_are_read(void **state)
{
	enum presence_state read;

	(void)state;
	assert_true(presence_parse(STR("unavailable"), &read));
	assert_int_equal(read, PRESENCE_UNAVAILABLE);
	assert_false(presence_parse(STR("asleep"), &read));
	assert_false(presence_parse(STR_EMPTY, &read));
}

static void who_does_not_come_back_is_offline(void **state)
{
	struct fixture *f = *state;

	sync_at(f, PRESENCE_WISH_ONLINE, NOW);
	check_state(f, NOW + SYNC + PRESENCE_GRACE_MS - 1, "online");
	check_state(f, NOW + SYNC + PRESENCE_GRACE_MS, "offline");
}

static void who_only_syncs_becomes_idle_and_stays_so(void **state)
{
	struct fixture *f = *state;
	int64_t now = NOW;

	for (; now < NOW + PRESENCE_IDLE_MS; now += SYNC) {
		sync_at(f, PRESENCE_WISH_ONLINE, now);
		check_state(f, now, "online");
	}
	sync_at(f, PRESENCE_WISH_ONLINE, now);
	check_state(f, now, "unavailable");
	sync_at(f, PRESENCE_WISH_ONLINE, now + SYNC);
	check_state(f, now + SYNC, "unavailable");
	presence_active(f->presence, ALICE, now + SYNC, now + SYNC);
	check_state(f, now + SYNC, "online");
}

static void an_idle_client_leaves_the_other_one_online(void **state)
{
	struct fixture *f = *state;

	sync_at(f, PRESENCE_WISH_ONLINE, NOW);
	sync_at(f, PRESENCE_WISH_UNAVAILABLE, NOW + 1);
	check_state(f, NOW + 1, "online");
	check_state(f, NOW + SYNC + PRESENCE_GRACE_MS, "unavailable");
	sync_at(f, PRESENCE_WISH_ONLINE, NOW + SYNC + PRESENCE_GRACE_MS);
	check_state(f, NOW + SYNC + PRESENCE_GRACE_MS, "online");
}

static void a_silent_sync_changes_nothing(void **state)
{
	struct fixture *f = *state;

	sync_at(f, PRESENCE_WISH_OFFLINE, NOW);
	assert_false(presence_look(f->presence, NOW));
	check_state(f, NOW, "offline");
	assert_int_equal(presence_changes(f->presence, f->arena, 0, INT64_MAX).count, 0);
}

static void one_switched_off_does_nothing(void **state)
{
	struct fixture *f = *state;
	struct presence_view view;
	const struct presence_sync sync = {.user_id = ALICE, .wants = true};

	check_ok(presence_sync_begins(NULL, f->db, &sync));
	presence_active(NULL, ALICE, NOW, NOW);
	assert_false(presence_find(NULL, f->arena, ALICE, &view));
	assert_int_equal(presence_changes(NULL, f->arena, 0, INT64_MAX).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_read),
		cmocka_unit_test_setup_teardown(
			who_does_not_come_back_is_offline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			who_only_syncs_becomes_idle_and_stays_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			an_idle_client_leaves_the_other_one_online, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_silent_sync_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_switched_off_does_nothing, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
