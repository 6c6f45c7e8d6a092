/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/media/allocate.h"

#define K 1000u

static struct allocate_video video(unsigned rank, int wish, int now)
{
	return (struct allocate_video){
		.rank = rank, .wish = wish, .now = now, .rates = {150 * K, 450 * K, 1700 * K}};
}

static struct allocation share(struct allocate_video *videos, unsigned count, uint64_t bps)
{
	struct allocate_video *sorted[8];
	for (unsigned i = 0; i < count; i++) {
		sorted[i] = &videos[i];
	}
	return allocate(sorted, count, bps);
}

static void all_fits(void **state)
{
	struct allocate_video v[] = {video(9, 2, 2), video(9, 0, 2)};
	(void)state;
	struct allocation a = share(v, 2, 5000 * K);
	assert_int_equal(v[0].out, 2);
	assert_int_equal(v[1].out, 0);
	assert_int_equal(a.used, 1850 * K);
	assert_int_equal(a.for_more, 0);
	assert_false(a.starved || a.reduced);
}

static void everybody_is_seen_before_anybody_is_seen_well(void **state)
{
	struct allocate_video v[] = {video(9, 2, 2), video(9, 2, 2), video(9, 2, 2)};
	(void)state;
	struct allocation a = share(v, 3, 1000 * K);
	for (int i = 0; i < 3; i++) {
		assert_true(v[i].out >= 0);
	}
	assert_true(a.reduced && !a.starved);
	assert_true(a.for_more > a.used);
}

static void the_screen_comes_first(void **state)
{
	struct allocate_video v[] = {video(9, 2, 2), video(0, 2, 2), video(9, 2, 2)};
	(void)state;
	(void)share(v, 3, 2100 * K);
	assert_int_equal(v[1].out, 2);
	assert_int_equal(v[0].out, 0);
	assert_int_equal(v[2].out, 0);
}

static void the_least_important_goes_first(void **state)
{
	struct allocate_video v[] = {video(12, 2, 0), video(1, 2, 0), video(9, 2, 0)};
	(void)state;
	struct allocation a = share(v, 3, 280 * K);
	assert_int_equal(v[1].out, 0);
	assert_int_equal(v[2].out, 0); /* staying is cheaper than coming */
	assert_int_equal(v[0].out, -1);
	assert_true(a.starved);
	a = share(v, 3, 50 * K);
	assert_int_equal(v[1].out, -1);
	assert_int_equal(a.used, 0);
	assert_int_equal(a.for_more, 150 * K);
}

static void going_up_needs_room_to_spare(void **state)
{
	struct allocate_video up = video(9, 2, 1), stays = video(9, 2, 2), new = video(9, 2, -1);
	(void)state;
	(void)share(&up, 1, 1720 * K);
	assert_int_equal(up.out, 1);
	(void)share(&up, 1, 2000 * K);
	assert_int_equal(up.out, 2);
	(void)share(&stays, 1, 1600 * K);
	assert_int_equal(stays.out, 2);
	(void)share(&new, 1, 160 * K);
	assert_int_equal(new.out, -1);
	(void)share(&new, 1, 190 * K);
	assert_int_equal(new.out, 0);
}

static void what_does_not_flow_is_not_given(void **state)
{
	struct allocate_video v = video(9, 2, 2);
	(void)state;
	v.rates[0] = v.rates[1] = 0; /* only the greatest there is, more than was wished */
	v.wish = 0;
	struct allocation a = share(&v, 1, 5000 * K);
	assert_int_equal(v.out, 2);
	assert_false(a.reduced);
	v.rates[2] = 0;
	a = share(&v, 1, 5000 * K);
	assert_int_equal(v.out, -1);
	assert_false(a.starved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fits),
		cmocka_unit_test(everybody_is_seen_before_anybody_is_seen_well),
		cmocka_unit_test(the_screen_comes_first),
		cmocka_unit_test(the_least_important_goes_first),
		cmocka_unit_test(going_up_needs_room_to_spare),
		cmocka_unit_test(what_does_not_flow_is_not_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
