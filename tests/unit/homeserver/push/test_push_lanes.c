/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_lanes.h"

#include <stdio.h>

#include "tests/unit/check.h"

#define URL   STR("https://gateway.example/_matrix/push/v1/notify")
#define OTHER STR("https://other.example/_matrix/push/v1/notify")

static void wake(struct push_lanes *lanes, const char *pushkey)
{
	const struct pusher_key key = {STR("@a:h"), STR("app"), str_c(pushkey)};
	push_lanes_wake(lanes, &key);
}

static struct push_lane *take(struct push_lanes *lanes, int64_t now)
{
	int64_t until;
	return push_lanes_take(lanes, now, &until);
}

static int64_t next_time(struct push_lanes *lanes, int64_t now)
{
	int64_t until;
	assert_null(push_lanes_take(lanes, now, &until));
	return until;
}

/* A lane with a call under way. */
static struct push_lane *call(struct push_lanes *lanes, struct str url, int64_t now)
{
	struct push_lane *lane = take(lanes, now);
	assert_non_null(lane);
	assert_true(push_lanes_enter(lanes, lane, url, now));
	return lane;
}

static void one_call_at_a_time_and_in_turn(void **state)
{
	struct push_lanes *lanes = push_lanes_new();
	(void)state;
	wake(lanes, "a");
	wake(lanes, "b");
	wake(lanes, "a");
	assert_int_equal(push_lanes_count(lanes), 2);
	struct push_lane *a = call(lanes, URL, 0);
	check_str(a->key.pushkey, "a");
	struct push_lane *b = call(lanes, URL, 0);
	check_str(b->key.pushkey, "b");
	assert_true(next_time(lanes, 0) == INT64_MAX);
	push_lanes_give(lanes, a, PUSH_SENT, 0, 0);
	push_lanes_give(lanes, b, PUSH_SENT, 0, 0);
	check_str(take(lanes, 0)->key.pushkey, "a");
	push_lanes_free(&lanes);
}

static void what_came_meanwhile_is_not_lost(void **state)
{
	struct push_lanes *lanes = push_lanes_new();
	(void)state;
	wake(lanes, "a");
	struct push_lane *a = take(lanes, 0);
	wake(lanes, "a");
	push_lanes_give(lanes, a, PUSH_NOTHING_LEFT, 0, 0);
	a = take(lanes, 0);
	assert_non_null(a);
	push_lanes_give(lanes, a, PUSH_NOTHING_LEFT, 0, 0);
	assert_int_equal(push_lanes_count(lanes), 0);
	push_lanes_free(&lanes);
}

static void a_gateway_takes_so_many(void **state)
{
	struct push_lanes *lanes = push_lanes_new();
	struct push_lane *under_way[PUSH_PER_GATEWAY];
	(void)state;
	for (int i = 0; i < PUSH_PER_GATEWAY + 2; i++) {
		char pushkey[16];
		snprintf(pushkey, sizeof(pushkey), "%d", i);
		wake(lanes, pushkey);
	}
	for (size_t i = 0; i < PUSH_PER_GATEWAY; i++)
		under_way[i] = call(lanes, URL, 0);
	struct push_lane *one_more = take(lanes, 0);
	assert_false(push_lanes_enter(lanes, one_more, URL, 0));
	push_lanes_give(lanes, one_more, PUSH_NO_PLACE, 0, 0);
	struct push_lane *elsewhere = call(lanes, OTHER, 0);
	push_lanes_give(lanes, elsewhere, PUSH_SENT, 0, 0);
	push_lanes_give(lanes, under_way[0], PUSH_NOTHING_LEFT, 0, 0);
	assert_ptr_equal(take(lanes, 0), one_more);
	push_lanes_free(&lanes);
}

static void a_gateway_that_is_down_is_asked_by_one(void **state)
{
	struct push_lanes *lanes = push_lanes_new();
	(void)state;
	wake(lanes, "a");
	wake(lanes, "b");
	struct push_lane *a = call(lanes, URL, 0);
	struct push_lane *b = call(lanes, URL, 0);
	/* Both calls fail: that is one failure. */
	assert_true(push_lanes_give(lanes, a, PUSH_DOWN, 0, 0));
	assert_false(push_lanes_give(lanes, b, PUSH_DOWN, 0, 10));
	assert_int_equal(next_time(lanes, 20), PUSH_RETRY_FIRST_MS);
	int64_t now = PUSH_RETRY_FIRST_MS;
	a = take(lanes, now);
	assert_non_null(a);
	assert_true(next_time(lanes, now) == INT64_MAX);
	assert_false(push_lanes_give(lanes, a, PUSH_DOWN, 0, now));
	assert_int_equal(next_time(lanes, now), now + 2 * PUSH_RETRY_FIRST_MS);
	/* It comes back, and all go on. */
	now += 2 * PUSH_RETRY_FIRST_MS;
	a = take(lanes, now);
	push_lanes_give(lanes, a, PUSH_SENT, 0, now);
	assert_non_null(take(lanes, now));
	assert_non_null(take(lanes, now));
	push_lanes_free(&lanes);
}

static void waits_have_an_end(void **state)
{
	struct push_lanes *lanes = push_lanes_new();
	int64_t now = 0;
	(void)state;
	wake(lanes, "a");
	push_lanes_give(lanes, call(lanes, URL, 0), PUSH_DOWN, 5000, 0);
	assert_int_equal(next_time(lanes, 0), 5000);
	for (int i = 0; i < 40; i++) {
		now = next_time(lanes, now);
		push_lanes_give(lanes, take(lanes, now), PUSH_DOWN, INT64_C(1) << 40, now);
	}
	assert_int_equal(next_time(lanes, now), now + PUSH_RETRY_MAX_MS);
	push_lanes_free(&lanes);
}

static void a_refusal_is_the_lane_s_own(void **state)
{
	struct push_lanes *lanes = push_lanes_new();
	(void)state;
	wake(lanes, "a");
	wake(lanes, "b");
	struct push_lane *a = call(lanes, URL, 0);
	push_lanes_give(lanes, a, PUSH_REFUSED, 0, 0);
	assert_int_equal(a->refusals, 1);
	struct push_lane *b = call(lanes, URL, 0);
	check_str(b->key.pushkey, "b");
	push_lanes_give(lanes, b, PUSH_NOTHING_LEFT, 0, 0);
	assert_int_equal(next_time(lanes, 0), PUSH_RETRY_FIRST_MS);
	assert_ptr_equal(take(lanes, PUSH_RETRY_FIRST_MS), a);
	push_lanes_give(lanes, a, PUSH_REFUSED, 0, PUSH_RETRY_FIRST_MS);
	assert_int_equal(next_time(lanes, PUSH_RETRY_FIRST_MS), 3 * PUSH_RETRY_FIRST_MS);
	push_lanes_free(&lanes);
}

static void a_pusher_can_change_its_gateway(void **state)
{
	struct push_lanes *lanes = push_lanes_new();
	(void)state;
	wake(lanes, "a");
	struct push_lane *a = call(lanes, URL, 0);
	push_lanes_give(lanes, a, PUSH_DOWN, 0, 0);
	a = take(lanes, PUSH_RETRY_FIRST_MS);
	assert_true(push_lanes_enter(lanes, a, OTHER, PUSH_RETRY_FIRST_MS));
	push_lanes_give(lanes, a, PUSH_SENT, 0, PUSH_RETRY_FIRST_MS);
	assert_non_null(take(lanes, PUSH_RETRY_FIRST_MS));
	push_lanes_free(&lanes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_at_a_time_and_in_turn),
		cmocka_unit_test(what_came_meanwhile_is_not_lost),
		cmocka_unit_test(a_gateway_takes_so_many),
		cmocka_unit_test(a_gateway_that_is_down_is_asked_by_one),
		cmocka_unit_test(waits_have_an_end),
		cmocka_unit_test(a_refusal_is_the_lane_s_own),
		cmocka_unit_test(a_pusher_can_change_its_gateway),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
