/* SPDX-License-Identifier: Apache-2.0 */
/* What we write of others' packets is read as others write of ours. */
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "sfu/media/twcc.h"
#include "sfu/media/twcc_feedback.h"

#define START_US INT64_C(64000000)

static struct twcc_feedback opened(struct twcc_recorder *recorder, uint8_t *bytes)
{
	struct rtcp_writer writer = {.p = bytes};
	struct rtcp_packet packet;
	struct twcc_feedback feedback;
	assert_true(twcc_write(recorder, 1, 2, &writer));
	struct rtcp_reader reader = {.p = bytes, .n = writer.n};
	assert_true(rtcp_next(&reader, &packet));
	check_ok(twcc_feedback_open(&packet, &feedback));
	return feedback;
}

static void arrivals_and_losses(void **state)
{
	static struct twcc_recorder recorder;
	uint8_t bytes[RTCP_DATAGRAM_MAX];
	(void)state;
	memset(&recorder, 0, sizeof(recorder));
	for (int i = 0; i < 100; i++) {
		if (i % 7 != 3) {
			/* Some come late, some in one moment, one after long. */
			int64_t at = START_US + i * 3000 + (i % 5) * 700 + (i == 60 ? 90000 : 0);
			twcc_record(&recorder, (uint16_t)(65500 + i), at);
		}
	}
	struct twcc_feedback feedback = opened(&recorder, bytes);
	struct twcc_status status;
	int seen = 0;
	for (; twcc_feedback_next(&feedback, &status); seen++) {
		assert_int_equal(status.sequence, (uint16_t)(65500 + seen));
		assert_int_equal(status.received, seen % 7 != 3);
		int64_t at = START_US + seen * 3000 + (seen % 5) * 700 + (seen == 60 ? 90000 : 0);
		if (status.received) {
			assert_true(llabs(status.arrived_us - at) < 250);
		}
	}
	assert_int_equal(seen, 100);
}

static void lengths_that_do_not_fit(void **state)
{
	/* Both SSRCs, base, count, time; then chunks and deltas. */
	uint8_t run[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 4, 0, 0, 1, 0, 0x20, 4, 1, 2, 3, 4};
	struct rtcp_packet packet = {
		.type = RTCP_RTPFB, .count = RTCP_TWCC, .body = run, .size = sizeof(run)};
	struct twcc_feedback feedback;
	struct twcc_status status;
	(void)state;
	check_ok(twcc_feedback_open(&packet, &feedback));
	for (int i = 1; i <= 4; i++) {
		assert_true(twcc_feedback_next(&feedback, &status));
		assert_int_equal(status.sequence, i);
	}
	assert_false(twcc_feedback_next(&feedback, &status));
	for (size_t n = 0; n < sizeof(run); n++) {
		packet.size = n;
		check_status(twcc_feedback_open(&packet, &feedback), STATUS_INVALID);
	}
	packet.size = sizeof(run);
	run[17] = 0; /* a run of nothing */
	check_status(twcc_feedback_open(&packet, &feedback), STATUS_INVALID);
	packet.count = RTCP_NACK;
	check_status(twcc_feedback_open(&packet, &feedback), STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrivals_and_losses),
		cmocka_unit_test(lengths_that_do_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
