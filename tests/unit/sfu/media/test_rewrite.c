/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/media/rewrite.h"

static struct rewrite_input at(uint64_t sequence, uint32_t timestamp)
{
	return (struct rewrite_input){.sequence = sequence, .timestamp = timestamp, .now_us = 1};
}

static struct rewrite_output mapped(struct rewriter *r, struct rewrite_input input)
{
	struct rewrite_output out;
	assert_true(rewrite_map(r, &input, &out));
	return out;
}

static void gaps_and_wraps_go_through(void **state)
{
	struct rewriter r;
	(void)state;
	rewrite_init(&r, 65530, 1000);
	struct rewrite_input first = at(70000, 500);
	rewrite_switch(&r, 0, &first, 1000);
	assert_int_equal(mapped(&r, first).sequence, 65530);
	assert_int_equal(mapped(&r, first).timestamp, 1000);
	assert_int_equal(mapped(&r, at(70008, 508)).sequence, 2);
	/* Late ones find their place. */
	assert_int_equal(mapped(&r, at(70003, 503)).sequence, 65533);
	assert_int_equal(mapped(&r, at(70003, 503)).timestamp, 1003);
	/* For laps on end. */
	for (uint64_t i = 9; i < 200000; i++) {
		assert_int_equal(mapped(&r, at(70000 + i, 500 + (uint32_t)i)).sequence,
			(uint16_t)(65530 + i));
	}
}

static void what_is_older_than_the_segment_is_refused(void **state)
{
	struct rewriter r;
	struct rewrite_output out;
	(void)state;
	rewrite_init(&r, 10, 0);
	struct rewrite_input early = at(99, 0), first = at(100, 0);
	assert_false(rewrite_map(&r, &first, &out)); /* no segment yet */
	rewrite_switch(&r, 0, &first, 0);
	assert_false(rewrite_map(&r, &early, &out));
}

static void a_switch_leaves_no_gap(void **state)
{
	struct rewriter r;
	struct vp8_descriptor old = {.picture_id = 0x7fff, .tl0_picture = 255, .key_index = 31};
	struct vp8_descriptor new = {.picture_id = 500, .tl0_picture = 7, .key_index = 3};
	(void)state;
	rewrite_init(&r, 1000, 9000);
	struct rewrite_input a = at(70000, 1), b = at(90000, 777);
	a.vp8 = &old;
	b.vp8 = &new;
	rewrite_switch(&r, 0, &a, 9000);
	assert_int_equal(mapped(&r, a).vp8.picture_id, 0);
	rewrite_switch(&r, 1, &b, 12000);
	struct rewrite_output out = mapped(&r, b);
	assert_int_equal(out.sequence, 1001);
	assert_int_equal(out.timestamp, 12000);
	assert_int_equal((new.picture_id + out.vp8.picture_id) & 0x7fff, 0);
	assert_int_equal((uint8_t)(new.tl0_picture + out.vp8.tl0_picture), 0);
	assert_int_equal((new.key_index + out.vp8.key_index) & 0x1f, 0);
	/* Time does not go back, whatever the sender's clocks say. */
	struct rewrite_input c = at(95000, 5);
	rewrite_switch(&r, 0, &c, 11000);
	assert_int_equal(mapped(&r, c).timestamp, 12001);
	assert_int_equal(rewrite_current(&r)->encoding, 0);
}

static void what_was_sent_is_found_again(void **state)
{
	struct rewriter r;
	const struct rewrite_segment *segment;
	(void)state;
	rewrite_init(&r, 65000, 0);
	assert_null(rewrite_find(&r, 65000, &segment));
	struct rewrite_input first = at(70000, 0);
	rewrite_switch(&r, 2, &first, 0);
	for (uint64_t i = 0; i < 600; i++) {
		if (i != 300) {
			(void)mapped(&r, at(70000 + i, 0));
		}
	}
	struct rewrite_input other = at(80000, 0);
	rewrite_switch(&r, 1, &other, 1);
	for (uint64_t i = 0; i < 100; i++) {
		(void)mapped(&r, at(80000 + i, 0));
	}
	struct rewrite_sent *sent = rewrite_find(&r, (uint16_t)(65000 + 599), &segment);
	assert_non_null(sent);
	assert_true(sent->source == 70599);
	assert_int_equal(segment->encoding, 2);
	sent = rewrite_find(&r, (uint16_t)(65000 + 600), &segment);
	assert_true(sent->source == 80000);
	assert_int_equal(segment->encoding, 1);
	assert_null(rewrite_find(&r, (uint16_t)(65000 + 300), &segment)); /* never sent */
	assert_null(rewrite_find(&r, (uint16_t)(65000 + 700), &segment)); /* not yet */
	assert_null(rewrite_find(&r, (uint16_t)(65000 - 1), &segment));
}

static void too_long_ago(void **state)
{
	struct rewriter r;
	const struct rewrite_segment *segment;
	(void)state;
	rewrite_init(&r, 0, 0);
	struct rewrite_input first = at(70000, 0);
	rewrite_switch(&r, 0, &first, 0);
	for (uint64_t i = 0; i < 3 * REWRITE_WINDOW; i++) {
		(void)mapped(&r, at(70000 + i, 0));
	}
	assert_null(rewrite_find(&r, 2 * REWRITE_WINDOW - 1, &segment));
	assert_non_null(rewrite_find(&r, 2 * REWRITE_WINDOW, &segment));
	/* Many switches later its offsets are gone. */
	for (uint32_t i = 0; i < REWRITE_SEGMENTS; i++) {
		struct rewrite_input next = at(90000 + i, 0);
		rewrite_switch(&r, 0, &next, i);
		(void)mapped(&r, next);
	}
	assert_null(rewrite_find(&r, 3 * REWRITE_WINDOW - 1, &segment));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_and_wraps_go_through),
		cmocka_unit_test(what_is_older_than_the_segment_is_refused),
		cmocka_unit_test(a_switch_leaves_no_gap),
		cmocka_unit_test(what_was_sent_is_found_again),
		cmocka_unit_test(too_long_ago),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
