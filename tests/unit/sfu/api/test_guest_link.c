/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/api/guest_link.h"
#include "sfu/api/limits.h"

#define KEY STR("a secret of some length")

static void a_link_is_good_for_its_meeting_and_time(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct str secret = guest_link_make(a, KEY, STR("meeting"), 1000);
	assert_true(secret.n <= GUEST_SECRET_MAX);
	check_ok(guest_link_check(KEY, STR("meeting"), secret, 999));
	check_status(guest_link_check(KEY, STR("meeting"), secret, 1000), STATUS_TIMEOUT);
	check_status(guest_link_check(KEY, STR("another"), secret, 1), STATUS_INVALID);
	check_status(guest_link_check(STR("other key"), STR("meeting"), secret, 1), STATUS_INVALID);
	struct str again = guest_link_make(a, KEY, STR("meeting"), 1000);
	assert_false(str_eq(secret, again));
	for (size_t i = 0; i < secret.n; i++) {
		char *other = arena_c_str(a, secret);
		other[i] = other[i] == '7' ? '8' : '7';
		check_status(guest_link_check(KEY, STR("meeting"), str_n(other, secret.n), 1),
			STATUS_INVALID);
		check_status(guest_link_check(KEY, STR("meeting"), str_n(secret.p, i), 1),
			STATUS_INVALID);
	}
}

static void a_device_keeps_its_identity(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct str secret = guest_link_make(a, KEY, STR("meeting"), 1000);
	struct str one = guest_link_identity(a, KEY, secret, STR("device"));
	assert_int_equal(one.n, 6 + 16);
	assert_true(str_eq(one, guest_link_identity(a, KEY, secret, STR("device"))));
	assert_false(str_eq(one, guest_link_identity(a, KEY, secret, STR("other"))));
	assert_false(str_eq(guest_link_identity(a, KEY, secret, STR_EMPTY),
		guest_link_identity(a, KEY, secret, STR_EMPTY)));
}

static void a_burst_and_then_one_by_one(void **state)
{
	(void)state;
	struct limits *limits = limits_new();
	for (int i = 0; i < LIMITS_BURST; i++)
		assert_int_equal(limits_take(limits, STR("one"), 5000), 0);
	assert_int_equal(limits_take(limits, STR("one"), 5000), LIMITS_INTERVAL_MS);
	assert_int_equal(limits_take(limits, STR("two"), 5000), 0);
	assert_int_equal(limits_take(limits, STR("one"), 5000 + LIMITS_INTERVAL_MS), 0);
	assert_true(limits_take(limits, STR("one"), 5000 + LIMITS_INTERVAL_MS) > 0);
	limits_free(&limits);
}

static void many_addresses_are_bounded(void **state)
{
	(void)state;
	ARENA_SCOPE(a);
	struct limits *limits = limits_new();
	for (int i = 0; i < LIMITS_ADDRESSES; i++)
		assert_int_equal(limits_take(limits, arena_printf(a, "%d", i), 0), 0);
	assert_true(limits_take(limits, STR("late"), 0) > 0);
	assert_int_equal(limits_take(limits, STR("late"), LIMITS_INTERVAL_MS), 0);
	limits_free(&limits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_good_for_its_meeting_and_time),
		cmocka_unit_test(a_device_keeps_its_identity),
		cmocka_unit_test(a_burst_and_then_one_by_one),
		cmocka_unit_test(many_addresses_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
