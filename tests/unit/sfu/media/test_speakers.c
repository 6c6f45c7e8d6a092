/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/media/speakers.h"

static bool window(struct speaker_level *s, unsigned loud_frames, uint8_t level)
{
	for (unsigned i = 0; i < 20; i++) {
		speaker_observe(s, i < loud_frames ? level : 127, SPEAKER_FRAME_MS);
	}
	return speaker_close_window(s);
}

static void loud_for_long_enough(void **state)
{
	struct speaker_level s = {0};
	(void)state;
	assert_false(window(&s, 0, 0));
	assert_false(window(&s, 7, 20)); /* 140 ms of 400 */
	assert_true(window(&s, 8, 20));
	assert_true(s.level > 0.09f && s.level < 0.11f); /* -20 dB */
	assert_false(window(&s, 20, SPEAKER_THRESHOLD + 1));
	assert_true(window(&s, 20, SPEAKER_THRESHOLD));
}

static void the_voice_bit_is_no_level(void **state)
{
	struct speaker_level s = {0};
	(void)state;
	assert_true(window(&s, 20, 0x80 | 10));
	assert_false(window(&s, 20, 0x80 | 60));
}

static void loudness_fades(void **state)
{
	struct speaker_level s = {0};
	(void)state;
	window(&s, 20, 0);
	assert_true(s.level > 0.99f);
	window(&s, 0, 0);
	assert_true(s.level > 0.4f && s.level < 0.6f);
	for (int i = 0; i < 20; i++) {
		window(&s, 0, 0);
	}
	assert_false(s.level > 0.0f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loud_for_long_enough),
		cmocka_unit_test(the_voice_bit_is_no_level),
		cmocka_unit_test(loudness_fades),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
