/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "tests/unit/sfu/media/twcc_reader.h"
#include "tests/unit/sfu/noise.h"

#define START_US 123456789

struct made {
	struct twcc_recorder recorder;
	uint8_t bytes[RTCP_DATAGRAM_MAX];
	struct rtcp_writer writer;
	struct twcc_feedback feedback;
};

static int setup(void **state)
{
	*state = MEM_NEW(struct made);
	return 0;
}

static int teardown(void **state)
{
	mem_freep(state);
	return 0;
}

/* The next feedback packet, written and read again. */
static bool tell(struct made *m)
{
	struct rtcp_packet packet;
	m->writer = (struct rtcp_writer){.p = m->bytes};
	if (!twcc_write(&m->recorder, 1, 2, &m->writer)) {
		return false;
	}
	struct rtcp_reader reader = {.p = m->bytes, .n = m->writer.n};
	assert_true(rtcp_next(&reader, &packet));
	check_ok(twcc_read(&packet, &m->feedback));
	return true;
}

static void steady_packets(void **state)
{
	struct made *m = *state;
	for (int i = 0; i < 20; i++) {
		twcc_record(&m->recorder, (uint16_t)(65530 + i), START_US + i * 10000);
	}
	assert_true(tell(m));
	assert_int_equal(m->feedback.count, 20);
	assert_int_equal(m->feedback.list[0].sequence, 65530);
	assert_int_equal(m->feedback.list[19].sequence, (uint16_t)(65530 + 19));
	int64_t at = m->feedback.reference_us;
	for (int i = 0; i < 20; i++) {
		assert_true(m->feedback.list[i].received);
		at += m->feedback.list[i].delta_us;
		/* The reference time has 24 bits; here it does not wrap. */
		assert_true(llabs(at - (START_US + i * 10000)) <= 250);
	}
	assert_false(tell(m));
}

static void losses_and_late_ones(void **state)
{
	struct made *m = *state;
	const uint16_t order[] = {10, 11, 14, 13, 40, 39};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		twcc_record(&m->recorder, order[i], START_US + (int64_t)i * 1000);
	}
	assert_true(tell(m));
	assert_int_equal(m->feedback.count, 31);
	unsigned received = 0;
	for (unsigned i = 0; i < m->feedback.count; i++) {
		received += m->feedback.list[i].received;
	}
	assert_int_equal(received, 6);
	assert_true(m->feedback.list[3].received);  /* 13 */
	assert_false(m->feedback.list[2].received); /* 12 */
	/* 14 came a millisecond before 13; a unit is a quarter of one. */
	assert_true(llabs(m->feedback.list[4].delta_us + 1000) <= 250);
	twcc_record(&m->recorder, 12, START_US + 9000); /* told as lost already */
	assert_false(tell(m));
	twcc_record(&m->recorder, 41, START_US + 10000);
	assert_true(tell(m));
	assert_int_equal(m->feedback.count, 1);
	assert_int_equal(m->feedback.feedback_count, 1);
}

static void long_silence_is_cut(void **state)
{
	struct made *m = *state;
	twcc_record(&m->recorder, 1, START_US);
	twcc_record(&m->recorder, 2, START_US + 20000000); /* more than a delta can say */
	assert_true(tell(m));
	assert_int_equal(m->feedback.count, 1);
	assert_true(tell(m));
	assert_int_equal(m->feedback.list[0].sequence, 2);
	assert_false(tell(m));
}

static void anything_at_all(void **state)
{
	struct made *m = *state;
	int64_t now = START_US;
	unsigned told = 0, recorded = 0;
	uint32_t random = 5;
	uint16_t sequence = 0;
	for (int i = 0; i < 5000; i++) {
		sequence =
			(uint16_t)(sequence + 1 +
				   (noise_below(&random, 10) == 0 ? noise_below(&random, 30) : 0));
		now += noise_below(&random, 3000);
		twcc_record(&m->recorder, sequence, now);
		recorded++;
		if (noise_below(&random, 40) == 0) {
			while (tell(m)) {
				for (unsigned k = 0; k < m->feedback.count; k++) {
					told += m->feedback.list[k].received;
				}
			}
		}
	}
	while (tell(m)) {
		for (unsigned k = 0; k < m->feedback.count; k++) {
			told += m->feedback.list[k].received;
		}
	}
	assert_int_equal(told, recorded);
}

static void a_jump_starts_anew(void **state)
{
	struct made *m = *state;
	twcc_record(&m->recorder, 1, START_US);
	twcc_record(&m->recorder, 30000, START_US + 1000);
	assert_true(tell(m));
	assert_int_equal(m->feedback.count, 1);
	assert_int_equal(m->feedback.list[0].sequence, 30000);
}

int main(void)
{
#define MADE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		MADE(steady_packets),
		MADE(losses_and_late_ones),
		MADE(long_silence_is_cut),
		MADE(anything_at_all),
		MADE(a_jump_starts_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
