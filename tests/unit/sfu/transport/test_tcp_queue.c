/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <string.h>

#include "common/base/mem.h"
#include "sfu/transport/framing.h"
#include "sfu/transport/tcp_queue.h"

#define LATER (2 * (int64_t)TCP_QUEUE_PATIENCE_US)

static int setup(void **state)
{
	*state = tcp_queue_new();
	return 0;
}

static int teardown(void **state)
{
	struct tcp_queue *queue = *state;
	tcp_queue_free(&queue);
	return 0;
}

static enum status put(
	struct tcp_queue *q, enum urgency urgency, uint8_t mark, size_t n, int64_t now_us)
{
	uint8_t packet[2048];
	unsigned left_out;
	memset(packet, mark, sizeof(packet));
	return tcp_queue_put(q, urgency, packet, n, 0, now_us, &left_out);
}

/* The first byte of each frame that waits, as a text. */
static const char *marks(struct tcp_queue *q, char out[1024])
{
	struct frame frame;
	size_t n, at = 0, count = 0;
	const uint8_t *bytes = tcp_queue_bytes(q, &n);
	while (framing_next(bytes, n, UINT16_MAX, &at, &frame) == STATUS_OK) {
		out[count++] = (char)frame.bytes[0];
	}
	assert_int_equal(at, n);
	out[count] = '\0';
	return out;
}

static void what_waits_is_framed_and_in_order(void **state)
{
	struct tcp_queue *q = *state;
	char text[1024];
	check_ok(put(q, URGENCY_VIDEO, 'v', 1000, 0));
	check_ok(put(q, URGENCY_AUDIO, 'a', 100, 0));
	check_ok(put(q, URGENCY_CONTROL, 'c', 60, 0));
	assert_string_equal(marks(q, text), "vac");
	tcp_queue_written(q, 1002);
	assert_string_equal(marks(q, text), "ac");
	tcp_queue_written(q, 102 + 62);
	assert_true(tcp_queue_empty(q));
}

static void a_begun_packet_is_ended(void **state)
{
	struct tcp_queue *q = *state;
	uint8_t packet[100];
	unsigned left_out;
	size_t n;
	memset(packet, 'x', sizeof(packet));
	/* One byte of the length is out already. */
	check_ok(tcp_queue_put(q, URGENCY_VIDEO, packet, sizeof(packet), 1, 0, &left_out));
	const uint8_t *bytes = tcp_queue_bytes(q, &n);
	assert_int_equal(n, 101);
	assert_int_equal(bytes[0], 100);
	check_ok(put(q, URGENCY_VIDEO, 'v', 10, 0));
	/* Too long backed up: the whole one goes, the begun one stays. */
	check_status(
		tcp_queue_put(q, URGENCY_VIDEO, packet, 10, 0, LATER, &left_out), STATUS_LIMITED);
	assert_int_equal(left_out, 1);
	bytes = tcp_queue_bytes(q, &n);
	assert_int_equal(n, 101);
	tcp_queue_written(q, 51);
	check_ok(tcp_queue_put(q, URGENCY_AUDIO, packet, 10, 0, LATER, &left_out));
	(void)tcp_queue_bytes(q, &n);
	assert_int_equal(n, 50 + FRAMING_HEADER + 10);
}

static void video_is_left_out_before_audio(void **state)
{
	struct tcp_queue *q = *state;
	char text[1024];
	for (int i = 0; i < 5; i++) {
		check_ok(put(q, URGENCY_VIDEO, 'v', 1000, 0));
		check_ok(put(q, URGENCY_AUDIO, 'a', 100, 0));
	}
	check_ok(put(q, URGENCY_AUDIO, 'a', 100, LATER));
	assert_string_equal(marks(q, text), "aaaaaa");
	check_status(put(q, URGENCY_VIDEO, 'v', 1000, LATER), STATUS_LIMITED);
	/* Once all is written, pictures may come again. */
	tcp_queue_written(q, (size_t)6 * 102);
	check_ok(put(q, URGENCY_VIDEO, 'v', 1000, LATER));
}

static void there_is_always_room_for_the_more_urgent(void **state)
{
	struct tcp_queue *q = *state;
	unsigned counts[3] = {0};
	for (int urgency = URGENCY_VIDEO; urgency >= URGENCY_CONTROL; urgency--) {
		while (put(q, (enum urgency)urgency, 'x', 1000, 0) == STATUS_OK) {
			counts[urgency]++;
		}
	}
	assert_true(counts[URGENCY_VIDEO] > 60);
	assert_true(counts[URGENCY_AUDIO] > 30);
	assert_true(counts[URGENCY_CONTROL] > 30);
	/* Small ones are bounded by their number. */
	size_t n;
	(void)tcp_queue_bytes(q, &n);
	tcp_queue_written(q, n);
	unsigned small = 0;
	while (put(q, URGENCY_AUDIO, 'x', 1, 0) == STATUS_OK) {
		small++;
	}
	assert_int_equal(small, TCP_QUEUE_FRAMES / 4 * 3);
	check_ok(put(q, URGENCY_CONTROL, 'x', 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_waits_is_framed_and_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(a_begun_packet_is_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(video_is_left_out_before_audio, setup, teardown),
		cmocka_unit_test_setup_teardown(
			there_is_always_room_for_the_more_urgent, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
