/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "homeserver/api/rate_limits.h"
#include "tests/unit/check.h"

#define SECOND INT64_C(1000000)

static int set_up(void **state)
{
	*state = rate_limits_new(true);
	return 0;
}

static int tear_down(void **state)
{
	struct rate_limits *limits = *state;
	rate_limits_free(&limits);
	return 0;
}

/* How many go through at one moment. */
static int burst_of(struct rate_limits *limits, enum rate_class class, struct str key, int64_t now)
{
	int count = 0;
	while (count < 100000 && rate_limits_take(limits, class, key, now) == 0)
		count++;
	return count;
}

static void a_burst_then_a_trickle(void **state)
{
	struct rate_limits *limits = *state;
	int64_t now = 1000 * SECOND;
	int burst = burst_of(limits, RATE_LOGIN_ADDRESS, STR("192.0.2.1"), now);
	assert_in_range(burst, 5, 100);
	int64_t wait_ms = rate_limits_take(limits, RATE_LOGIN_ADDRESS, STR("192.0.2.1"), now);
	assert_in_range(wait_ms, 1, 60000);
	/* A refusal costs nothing: it may go on exactly when it was told to. */
	assert_int_equal(rate_limits_take(limits, RATE_LOGIN_ADDRESS, STR("192.0.2.1"),
				 now + (wait_ms - 1) * 1000),
		1);
	assert_int_equal(rate_limits_take(limits, RATE_LOGIN_ADDRESS, STR("192.0.2.1"),
				 now + wait_ms * 1000),
		0);
	assert_true(rate_limits_take(limits, RATE_LOGIN_ADDRESS, STR("192.0.2.1"),
			    now + wait_ms * 1000) > 0);
	/* After a long pause the whole burst is there again, and no more. */
	assert_int_equal(
		burst_of(limits, RATE_LOGIN_ADDRESS, STR("192.0.2.1"), now + 3600 * SECOND), burst);
}

static void keys_and_classes_are_apart(void **state)
{
	struct rate_limits *limits = *state;
	int64_t now = SECOND;
	(void)burst_of(limits, RATE_LOGIN_ACCOUNT, STR("@a:here"), now);
	assert_true(rate_limits_take(limits, RATE_LOGIN_ACCOUNT, STR("@a:here"), now) > 0);
	assert_int_equal(rate_limits_take(limits, RATE_LOGIN_ACCOUNT, STR("@b:here"), now), 0);
	assert_int_equal(rate_limits_take(limits, RATE_WRITE, STR("@a:here"), now), 0);
	assert_int_equal(rate_limits_take(limits, RATE_WRITE, STR(""), now), 0);
}

/* A crowd of addresses pushes out those who asked least, not the one who asks too much. */
static void a_crowd_does_not_free_the_guilty(void **state)
{
	struct rate_limits *limits = *state;
	int64_t now = SECOND;
	(void)burst_of(limits, RATE_REGISTER, STR("guilty"), now);
	for (int i = 0; i < 100000; i++) {
		char key[32];
		int n = snprintf(key, sizeof(key), "10.%d.%d", i / 256, i % 256);
		assert_int_equal(
			rate_limits_take(limits, RATE_REGISTER, str_n(key, (size_t)n), now), 0);
	}
	assert_true(rate_limits_take(limits, RATE_REGISTER, STR("guilty"), now) > 0);
}

static void off_means_off(void **state)
{
	struct rate_limits *off = rate_limits_new(false);
	(void)state;
	assert_int_equal(burst_of(off, RATE_LOGIN_ACCOUNT, STR("@a:here"), 0), 100000);
	rate_limits_free(&off);
	rate_limits_free(&off);
}

static void an_ipv6_subscriber_is_one(void **state)
{
	char one[RATE_ADDRESS_MAX];
	char two[RATE_ADDRESS_MAX];
	(void)state;
	check_str(rate_address_key(STR("192.0.2.1"), one), "192.0.2.1");
	assert_true(str_eq(rate_address_key(STR("2001:db8:1:2::1"), one),
		rate_address_key(STR("2001:db8:1:2:ffff::9"), two)));
	assert_false(str_eq(rate_address_key(STR("2001:db8:1:2::1"), one),
		rate_address_key(STR("2001:db8:1:3::1"), two)));
	check_str(rate_address_key(STR("::ffff:192.0.2.1"), one), "::ffff:192.0.2.1");
	check_str(rate_address_key(STR(""), one), "");
	check_str(rate_address_key(STR("nonsense"), one), "nonsense");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_burst_then_a_trickle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keys_and_classes_are_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_crowd_does_not_free_the_guilty, set_up, tear_down),
		cmocka_unit_test(off_means_off),
		cmocka_unit_test(an_ipv6_subscriber_is_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
