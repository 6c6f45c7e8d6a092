/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/media/receiver.h"

static enum receiver_verdict note(struct receiver *r, uint16_t sequence)
{
	uint64_t extended, lost;
	enum receiver_verdict verdict = receiver_note(r, sequence, &extended, &lost);
	if (verdict != RECEIVER_DUPLICATE) {
		receiver_time(r, sequence * 960u, 48000, sequence * 20000);
	}
	return verdict;
}

static void order_gaps_and_duplicates(void **state)
{
	struct receiver r = {.started = false};
	uint64_t extended, lost, first;
	(void)state;
	assert_int_equal(receiver_note(&r, 65534, &first, &lost), RECEIVER_NEWEST);
	assert_true(first == lost);
	assert_int_equal(receiver_note(&r, 65535, &extended, &lost), RECEIVER_NEWEST);
	assert_true(extended == first + 1 && lost == extended);
	assert_int_equal(receiver_note(&r, 2, &extended, &lost), RECEIVER_NEWEST);
	assert_true(extended == first + 4 && lost == first + 2); /* 0 and 1 are missing */
	assert_int_equal(receiver_note(&r, 1, &extended, &lost), RECEIVER_LATE);
	assert_true(extended == first + 3);
	assert_int_equal(receiver_note(&r, 1, &extended, &lost), RECEIVER_DUPLICATE);
	assert_int_equal(receiver_note(&r, 2, &extended, &lost), RECEIVER_DUPLICATE);
	assert_int_equal(receiver_note(&r, 65533, &extended, &lost), RECEIVER_DUPLICATE);
	assert_int_equal(receiver_note(&r, 0, &extended, &lost), RECEIVER_LATE);
}

static void a_window_is_remembered(void **state)
{
	struct receiver r = {.started = false};
	(void)state;
	for (unsigned lap = 0; lap < 5; lap++) {
		for (unsigned i = 0; i < 65536; i += 2) {
			assert_int_not_equal(note(&r, (uint16_t)i), RECEIVER_DUPLICATE);
		}
	}
	assert_int_equal(note(&r, 65533), RECEIVER_LATE);
	assert_int_equal(note(&r, 65534), RECEIVER_DUPLICATE);
	assert_int_equal(note(&r, 65534 - 1023 - 1), RECEIVER_DUPLICATE); /* too old to know */
	assert_int_equal(r.restarts, 0);
}

static void a_jump_is_a_restart(void **state)
{
	struct receiver r = {.started = false};
	(void)state;
	note(&r, 100);
	assert_int_equal(note(&r, 100 + RECEIVER_JUMP), RECEIVER_NEWEST);
	assert_int_equal(note(&r, 40000), RECEIVER_RESTART);
	assert_int_equal(r.restarts, 1);
	assert_int_equal(note(&r, 40001), RECEIVER_NEWEST);
	/* And back: what was 100 then is not what is 100 now. */
	uint64_t before = r.highest, extended, lost;
	struct rtcp_report report;
	assert_int_equal(receiver_note(&r, 100, &extended, &lost), RECEIVER_RESTART);
	assert_true(extended > before);
	assert_true(receiver_report(&r, 7, 1000000, &report));
	assert_int_equal(report.highest, 100);
}

static void reports_count_loss_by_interval(void **state)
{
	struct receiver r = {.started = false};
	struct rtcp_report report;
	struct rtcp_sender_info sr = {.ntp = 0x1111222233334444u, .rtp_timestamp = 5};
	(void)state;
	assert_false(receiver_report(&r, 7, 0, &report));
	for (uint16_t i = 0; i < 100; i++) {
		if (i % 4 != 3) {
			note(&r, i);
		}
	}
	note(&r, 100);
	receiver_sender_report(&r, &sr, 1000000);
	assert_true(receiver_report(&r, 7, 1500000, &report));
	assert_int_equal(report.ssrc, 7);
	assert_int_equal(report.lost, 25);
	assert_int_equal(report.fraction_lost, 25 * 256 / 101);
	assert_int_equal(report.highest, 100);
	assert_int_equal(report.last_sr, 0x22223333);
	assert_int_equal(report.since_last, 32768);
	assert_int_equal(report.jitter, 0);
	note(&r, 101);
	assert_true(receiver_report(&r, 7, 2000000, &report));
	assert_int_equal(report.fraction_lost, 0);
	assert_int_equal(report.lost, 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_gaps_and_duplicates),
		cmocka_unit_test(a_window_is_remembered),
		cmocka_unit_test(a_jump_is_a_restart),
		cmocka_unit_test(reports_count_loss_by_interval),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
