/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/media/history.h"
#include "sfu/media/nack.h"

#define RTT_US 50000

static void asked_for_after_a_while_and_again(void **state)
{
	struct nack_list list = {.count = 0};
	uint16_t due[NACK_MAX];
	unsigned given_up;
	(void)state;
	assert_true(nack_lost(&list, 65535, 65538, 0));
	assert_int_equal(nack_due(&list, NACK_REORDER_US - 1, RTT_US, due, &given_up), 0);
	assert_int_equal(nack_due(&list, NACK_REORDER_US, RTT_US, due, &given_up), 3);
	assert_int_equal(due[0], 65535);
	assert_int_equal(due[1], 0);
	assert_int_equal(due[2], 1);
	nack_arrived(&list, 65536);
	assert_int_equal(nack_due(&list, NACK_REORDER_US + 1, RTT_US, due, &given_up), 0);
	assert_int_equal(nack_due(&list, NACK_REORDER_US + RTT_US, RTT_US, due, &given_up), 2);
	assert_int_equal(due[1], 1);
}

static void given_up_in_the_end(void **state)
{
	struct nack_list list = {.count = 0};
	uint16_t due[NACK_MAX];
	unsigned given_up = 0, asked = 0;
	(void)state;
	assert_true(nack_lost(&list, 100, 101, 0));
	for (int64_t now = 0; given_up == 0; now += 10000) {
		asked += (unsigned)nack_due(&list, now, RTT_US, due, &given_up);
	}
	assert_int_equal(asked, NACK_TRIES);
	assert_int_equal(list.count, 0);
}

static void too_many_are_not_asked_for(void **state)
{
	struct nack_list list = {.count = 0};
	(void)state;
	assert_true(nack_lost(&list, 100, 100 + NACK_MAX, 0));
	assert_false(nack_lost(&list, 1000, 1001, 0));
	assert_int_equal(list.count, 0);
	assert_false(nack_lost(&list, 0, 100000, 0));
}

static void a_keyframe_ends_the_wait(void **state)
{
	struct nack_list list = {.count = 0};
	(void)state;
	assert_true(nack_lost(&list, 100, 110, 0));
	nack_forget_before(&list, 105);
	assert_int_equal(list.count, 5);
	nack_arrived(&list, 104);
	nack_arrived(&list, 109);
	assert_int_equal(list.count, 4);
	nack_clear(&list);
	assert_int_equal(list.count, 0);
}

/* However large, of the last second none is missing; slow streams stay small. */
static void the_history_grows_to_a_second(void **state)
{
	struct history *h = history_new(HISTORY_VIDEO);
	uint8_t packet[1200];
	uint64_t highest = 65535;
	size_t n;
	(void)state;
	for (unsigned second = 0; second < 10; second++) {
		unsigned pps = second < 4 ? 20 : 250;
		for (unsigned i = 0; i < pps; i++) {
			memset(packet, (int)(++highest & 0xff), sizeof(packet));
			history_put(h, highest, packet, sizeof(packet) - i % 50,
				1000000 * (int64_t)second + 1000000 / (int64_t)pps * i);
			for (uint64_t s = highest; s > highest - 200 && second >= 6; s--) {
				const uint8_t *got = history_get(h, s, &n);
				assert_non_null(got);
				assert_int_equal(got[0], s & 0xff);
				assert_int_equal(got[n - 1], s & 0xff);
			}
		}
	}
	history_free(&h);
}

static void the_history_keeps_the_last_packets(void **state)
{
	struct history *h = history_new(4);
	uint8_t packet[RTP_PACKET_MAX + 1] = {0};
	size_t n;
	(void)state;
	for (uint64_t i = 65534; i < 65540; i++) {
		packet[0] = (uint8_t)i;
		history_put(h, i, packet, 10 + i % 3, 0);
	}
	assert_null(history_get(h, 65535, &n));
	for (uint64_t i = 65536; i < 65540; i++) {
		const uint8_t *got = history_get(h, i, &n);
		assert_non_null(got);
		assert_int_equal(got[0], (uint8_t)i);
		assert_int_equal(n, 10 + i % 3);
	}
	history_put(h, 65540, packet, sizeof(packet), 0); /* too long: not kept */
	assert_null(history_get(h, 65540, &n));
	history_clear(h);
	assert_null(history_get(h, 65539, &n));
	assert_null(history_get(h, 0, &n));
	history_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_for_after_a_while_and_again),
		cmocka_unit_test(given_up_in_the_end),
		cmocka_unit_test(too_many_are_not_asked_for),
		cmocka_unit_test(a_keyframe_ends_the_wait),
		cmocka_unit_test(the_history_keeps_the_last_packets),
		cmocka_unit_test(the_history_grows_to_a_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
