/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "homeserver/api/uia_sessions.h"
#include "tests/unit/check.h"

#define OWNER STR("@camille:here 1 /_matrix/client/v3/account/password")
#define OTHER STR("@camille:here 1 /_matrix/client/v3/account/deactivate")

static int set_up(void **state)
{
	*state = uia_new();
	return 0;
}

static int tear_down(void **state)
{
	struct uia *uia = *state;
	uia_free(&uia);
	return 0;
}

static void progress_adds_up(void **state)
{
	struct uia *uia = *state;
	unsigned completed = 9;
	uia_session_save(uia, STR("a"), OWNER, 0, 0);
	check_ok(uia_session_load(uia, STR("a"), OWNER, 1, &completed));
	assert_int_equal(completed, 0);
	uia_session_save(uia, STR("a"), OWNER, 2, 1);
	uia_session_save(uia, STR("a"), OWNER, 3, 4);
	check_ok(uia_session_load(uia, STR("a"), OWNER, 4, &completed));
	assert_int_equal(completed, 5);
	assert_int_equal(uia_count(uia), 1);
}

static void a_session_serves_its_owner_once(void **state)
{
	struct uia *uia = *state;
	unsigned completed = 9;
	uia_session_save(uia, STR("a"), OWNER, 0, 1);
	check_status(uia_session_load(uia, STR("a"), OTHER, 1, &completed), STATUS_NOT_FOUND);
	check_status(uia_session_load(uia, STR("b"), OWNER, 1, &completed), STATUS_NOT_FOUND);
	check_status(uia_session_load(uia, STR_EMPTY, OWNER, 1, &completed), STATUS_NOT_FOUND);
	/* An id that is taken is not taken over. */
	uia_session_save(uia, STR("a"), OTHER, 1, 2);
	check_status(uia_session_load(uia, STR("a"), OTHER, 1, &completed), STATUS_NOT_FOUND);
	uia_session_end(uia, STR("a"), OTHER);
	check_ok(uia_session_load(uia, STR("a"), OWNER, 1, &completed));
	assert_int_equal(completed, 1);
	uia_session_end(uia, STR("a"), OWNER);
	uia_session_end(uia, STR("a"), OWNER);
	check_status(uia_session_load(uia, STR("a"), OWNER, 1, &completed), STATUS_NOT_FOUND);
	assert_int_equal(uia_count(uia), 0);
}

static void they_expire(void **state)
{
	struct uia *uia = *state;
	unsigned completed;
	uia_session_save(uia, STR("a"), OWNER, 0, 1);
	uia_session_save(uia, STR("b"), OWNER, 1000, 1);
	/* Progress does not prolong. */
	uia_session_save(uia, STR("a"), OWNER, UIA_SESSION_MS - 1, 1);
	check_ok(uia_session_load(uia, STR("a"), OWNER, UIA_SESSION_MS - 1, &completed));
	check_status(uia_session_load(uia, STR("a"), OWNER, UIA_SESSION_MS, &completed),
		STATUS_NOT_FOUND);
	check_ok(uia_session_load(uia, STR("b"), OWNER, UIA_SESSION_MS, &completed));
	assert_int_equal(uia_count(uia), 1);
}

static void the_oldest_gives_way(void **state)
{
	struct uia *uia = *state;
	unsigned completed;
	for (int i = 0; i < UIA_MAX_SESSIONS + 5; i++) {
		char id[16];
		int n = snprintf(id, sizeof(id), "%d", i);
		uia_session_save(uia, str_n(id, (size_t)n), OWNER, i, 0);
	}
	assert_int_equal(uia_count(uia), UIA_MAX_SESSIONS);
	check_status(uia_session_load(uia, STR("4"), OWNER, UIA_MAX_SESSIONS + 5, &completed),
		STATUS_NOT_FOUND);
	check_ok(uia_session_load(uia, STR("5"), OWNER, UIA_MAX_SESSIONS + 5, &completed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(progress_adds_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_session_serves_its_owner_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(they_expire, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_oldest_gives_way, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
