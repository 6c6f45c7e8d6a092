/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/media/rtcp.h"
#include "sfu/transport/wire.h"

struct datagram {
	uint8_t bytes[RTCP_DATAGRAM_MAX];
	struct rtcp_writer writer;
};

static struct rtcp_writer *start(struct datagram *d)
{
	d->writer = (struct rtcp_writer){.p = d->bytes};
	return &d->writer;
}

static struct rtcp_packet only_packet(struct datagram *d)
{
	struct rtcp_reader reader = {.p = d->bytes, .n = d->writer.n};
	struct rtcp_packet packet, more;
	assert_false(d->writer.overflow);
	assert_int_equal(d->writer.n % 4, 0);
	assert_true(rtcp_next(&reader, &packet));
	assert_false(rtcp_next(&reader, &more));
	return packet;
}

static void a_compound_datagram(void **state)
{
	struct datagram d;
	struct rtcp_sender_info sender = {.ssrc = 1,
		.ntp = 0x0123456789abcdefu,
		.rtp_timestamp = 3,
		.packets = 4,
		.octets = 5};
	struct rtcp_reports reports = {.count = 2,
		.list = {{.ssrc = 7,
				 .fraction_lost = 128,
				 .lost = -5,
				 .highest = 0x10002,
				 .jitter = 9,
				 .last_sr = 10,
				 .since_last = 11},
			{.ssrc = 8}}};
	struct rtcp_packet packet;
	(void)state;
	struct rtcp_writer *w = start(&d);
	rtcp_write_sr(w, &sender);
	rtcp_write_rr(w, 20, &reports);
	rtcp_write_cname(w, 20, STR("name"));
	rtcp_write_pli(w, 20, 21);
	struct rtcp_reader reader = {.p = d.bytes, .n = w->n};
	struct rtcp_sender_info sender_again;
	struct rtcp_reports again;
	assert_true(rtcp_next(&reader, &packet));
	check_ok(rtcp_read_sr(&packet, &sender_again, &again));
	assert_true(sender_again.ntp == sender.ntp);
	assert_int_equal(sender_again.octets, 5);
	assert_int_equal(again.count, 0);
	assert_true(rtcp_next(&reader, &packet));
	check_ok(rtcp_read_rr(&packet, &again));
	assert_int_equal(again.count, 2);
	assert_int_equal(again.list[0].lost, -5);
	assert_int_equal(again.list[0].fraction_lost, 128);
	assert_int_equal(again.list[0].highest, 0x10002);
	assert_int_equal(again.list[0].since_last, 11);
	assert_true(rtcp_next(&reader, &packet));
	assert_int_equal(packet.type, RTCP_SDES);
	assert_memory_equal(packet.body + 4, "\x01\x04name", 6);
	assert_true(rtcp_next(&reader, &packet));
	uint32_t ssrc;
	check_ok(rtcp_read_pli(&packet, &ssrc));
	assert_int_equal(ssrc, 21);
	assert_false(rtcp_next(&reader, &packet));
}

static void nacks_are_packed(void **state)
{
	struct datagram d;
	const uint16_t missing[] = {65534, 65535, 0, 14, 15, 100};
	struct rtcp_nack nack;
	(void)state;
	rtcp_write_nack(start(&d), 1, 2, missing, 6);
	struct rtcp_packet packet = only_packet(&d);
	assert_int_equal(packet.size, 8 + 3 * 4); /* 65534 reaches to 14 */
	check_ok(rtcp_read_nack(&packet, &nack));
	assert_int_equal(nack.media_ssrc, 2);
	assert_int_equal(nack.count, 6);
	assert_memory_equal(nack.sequences, missing, sizeof(missing));
}

static void more_nacks_than_are_taken(void **state)
{
	struct datagram d;
	struct rtcp_nack nack;
	(void)state;
	uint8_t *body = rtcp_reserve(start(&d), RTCP_RTPFB, RTCP_NACK, 8 + 4 * 100);
	memset(body + 8, 0xff, 4 * 100);
	struct rtcp_packet packet = only_packet(&d);
	check_ok(rtcp_read_nack(&packet, &nack));
	assert_int_equal(nack.count, RTCP_MAX_NACKS);
}

static void fir_and_remb(void **state)
{
	struct datagram d;
	struct rtcp_packet packet;
	uint32_t ssrcs[RTCP_MAX_FIRS];
	unsigned count;
	uint64_t bitrate;
	(void)state;
	/* Senders, media source 0, the source asked of, a number. */
	uint8_t *body = rtcp_reserve(start(&d), RTCP_PSFB, RTCP_FIR, 16);
	body[11] = 77;
	body[12] = 5;
	packet = only_packet(&d);
	check_ok(rtcp_read_fir(&packet, ssrcs, &count));
	assert_int_equal(count, 1);
	assert_int_equal(ssrcs[0], 77);
	/* 18 bits of mantissa, 6 of exponent in front. */
	body = rtcp_reserve(start(&d), RTCP_PSFB, RTCP_AFB, 20);
	memcpy(body + 8, "REMB\x01\x12\x62\x5a", 8);
	packet = only_packet(&d);
	check_ok(rtcp_read_remb(&packet, &bitrate));
	assert_int_equal(bitrate, 0x2625a << 4);
	check_status(rtcp_read_pli(&packet, ssrcs), STATUS_INVALID);
}

static void broken_lengths_end_the_walk(void **state)
{
	uint8_t bytes[8] = {0x81, 201, 0, 1};
	struct rtcp_packet packet;
	struct rtcp_reports reports;
	(void)state;
	struct rtcp_reader reader = {.p = bytes, .n = sizeof(bytes)};
	assert_true(rtcp_next(&reader, &packet));
	check_status(rtcp_read_rr(&packet, &reports), STATUS_INVALID); /* no room for a report */
	put_u16(bytes + 2, 2);
	reader = (struct rtcp_reader){.p = bytes, .n = sizeof(bytes)};
	assert_false(rtcp_next(&reader, &packet));
	assert_false(rtcp_next(&reader, &packet));
	put_u16(bytes + 2, 1);
	bytes[0] = 0xa0; /* padding of five bytes in four */
	bytes[7] = 5;
	reader = (struct rtcp_reader){.p = bytes, .n = sizeof(bytes)};
	assert_false(rtcp_next(&reader, &packet));
	bytes[7] = 4;
	reader = (struct rtcp_reader){.p = bytes, .n = sizeof(bytes)};
	assert_true(rtcp_next(&reader, &packet));
	assert_int_equal(packet.size, 0);
	check_status(rtcp_read_rr(&packet, &reports), STATUS_INVALID);
}

static void what_does_not_fit_is_left_out(void **state)
{
	struct datagram d;
	(void)state;
	struct rtcp_writer *w = start(&d);
	while (!w->overflow) {
		rtcp_write_pli(w, 1, 2);
	}
	assert_int_equal(w->n, RTCP_DATAGRAM_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_compound_datagram),
		cmocka_unit_test(nacks_are_packed),
		cmocka_unit_test(more_nacks_than_are_taken),
		cmocka_unit_test(fir_and_remb),
		cmocka_unit_test(broken_lengths_end_the_walk),
		cmocka_unit_test(what_does_not_fit_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
