/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/media/vp8.h"

static void the_plain_descriptor(void **state)
{
	const uint8_t key[] = {0x10, 0x50, 0x12}, inter[] = {0x10, 0x51}, second[] = {0x00, 0x50};
	struct vp8_descriptor d;
	(void)state;
	check_ok(vp8_parse(key, sizeof(key), &d));
	assert_true(d.keyframe && d.frame_start);
	assert_int_equal(d.size, 1);
	check_ok(vp8_parse(inter, sizeof(inter), &d));
	assert_false(d.keyframe);
	check_ok(vp8_parse(second, sizeof(second), &d));
	assert_false(d.keyframe || d.frame_start); /* the middle of a frame */
}

static void everything_is_read_and_rewritten(void **state)
{
	uint8_t p[] = {0x90, 0xf0, 0xff, 0xfe, 0xfd, 0xa0 | 0x1e, 0x50};
	struct vp8_descriptor d;
	(void)state;
	check_ok(vp8_parse(p, sizeof(p), &d));
	assert_true(d.has_picture_id && d.long_picture_id && d.has_tl0_picture);
	assert_int_equal(d.picture_id, 0x7ffe);
	assert_int_equal(d.tl0_picture, 0xfd);
	assert_int_equal(d.temporal, 2);
	assert_true(d.layer_sync);
	assert_int_equal(d.key_index, 0x1e);
	assert_int_equal(d.size, 6);
	/* All of them wrap. */
	vp8_rewrite(p, &d, (struct vp8_offset){.picture_id = 5, .tl0_picture = 6, .key_index = 7});
	check_ok(vp8_parse(p, sizeof(p), &d));
	assert_int_equal(d.picture_id, 3);
	assert_int_equal(d.tl0_picture, 3);
	assert_int_equal(d.key_index, 5);
	assert_int_equal(d.temporal, 2);
	assert_true(d.layer_sync && d.keyframe);
}

static void short_picture_ids(void **state)
{
	uint8_t p[] = {0x90, 0x80, 0x7f, 0x51};
	struct vp8_descriptor d;
	(void)state;
	check_ok(vp8_parse(p, sizeof(p), &d));
	assert_int_equal(d.picture_id, 0x7f);
	assert_false(d.long_picture_id);
	vp8_rewrite(p, &d, (struct vp8_offset){.picture_id = 2});
	assert_int_equal(p[2], 1);
}

static void cut_off_anywhere(void **state)
{
	const uint8_t p[] = {0x90, 0xf0, 0xff, 0xfe, 0xfd, 0xa0, 0x50};
	struct vp8_descriptor d;
	(void)state;
	for (size_t n = 0; n < sizeof(p); n++) {
		check_status(vp8_parse(p, n, &d), STATUS_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plain_descriptor),
		cmocka_unit_test(everything_is_read_and_rewritten),
		cmocka_unit_test(short_picture_ids),
		cmocka_unit_test(cut_off_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
