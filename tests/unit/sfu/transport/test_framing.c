/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/transport/framing.h"

static void frames_come_one_by_one(void **state)
{
	static const uint8_t stream[] = {0, 3, 'a', 'b', 'c', 0, 1, 'd', 0};
	struct frame frame;
	size_t at = 0;
	(void)state;
	check_ok(framing_next(stream, sizeof(stream), 100, &at, &frame));
	assert_int_equal(frame.size, 3);
	assert_memory_equal(frame.bytes, "abc", 3);
	check_ok(framing_next(stream, sizeof(stream), 100, &at, &frame));
	assert_int_equal(frame.size, 1);
	assert_int_equal(at, 8);
	check_status(framing_next(stream, sizeof(stream), 100, &at, &frame), STATUS_NOT_FOUND);
	assert_int_equal(at, 8);
}

static void a_frame_waits_until_it_is_whole(void **state)
{
	static const uint8_t stream[] = {0, 4, 1, 2, 3, 4};
	struct frame frame;
	(void)state;
	for (size_t n = 0; n < sizeof(stream); n++) {
		size_t at = 0;
		check_status(framing_next(stream, n, 100, &at, &frame), STATUS_NOT_FOUND);
		assert_int_equal(at, 0);
	}
}

static void lost_streams_are_told(void **state)
{
	static const uint8_t empty[] = {0, 0}, large[] = {0, 101};
	struct frame frame;
	size_t at = 0;
	(void)state;
	check_status(framing_next(empty, 2, 100, &at, &frame), STATUS_INVALID);
	check_status(framing_next(large, 2, 100, &at, &frame), STATUS_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_one_by_one),
		cmocka_unit_test(a_frame_waits_until_it_is_whole),
		cmocka_unit_test(lost_streams_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
