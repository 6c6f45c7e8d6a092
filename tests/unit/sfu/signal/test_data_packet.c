/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/signal/data_packet.h"

#define ME    STR("me")
#define SID   STR("PA_1")
#define STAMP "\x22\x02me\x8a\x01\x04PA_1"

static void stamped(struct str in, const char *expected, size_t n, struct data_packet *packet)
{
	BUF_SCOPE(out, 1000);
	check_ok(data_packet_stamp(in, ME, SID, packet, &out));
	assert_int_equal(out.n, n);
	assert_memory_equal(out.p, expected, n);
}

#define CHECK(in, expected, packet) stamped(STR(in), expected, sizeof(expected) - 1, packet)

static void the_sender_is_who_it_is(void **state)
{
	(void)state;
	struct data_packet packet;
	CHECK("", STAMP, &packet);
	/* identity and sid of somebody else, before and behind an unknown field */
	CHECK("\x22\x05other\xa2\x06\x01x\x8a\x01\x04PA_9", "\xa2\x06\x01x" STAMP, &packet);
	/* a UserPacket with a sender of its own, twice */
	CHECK("\x12\x0b\x0a\x02XX\x12\x01p\x2a\x02YY",
		"\x12\x0d\x12\x01p\x0a\x04PA_1\x2a\x02me" STAMP, &packet);
	assert_int_equal(packet.destination_count, 0);
}

static void destinations_and_sequence(void **state)
{
	(void)state;
	struct data_packet packet;
	CHECK("\x2a\x03"
	      "ben\x80\x01\x96\x01",
		"\x2a\x03"
		"ben\x80\x01\x96\x01" STAMP,
		&packet);
	assert_int_equal(packet.destination_count, 1);
	check_str(packet.destinations[0], "ben");
	assert_int_equal(packet.sequence, 150);
}

static void broken_bytes(void **state)
{
	(void)state;
	static const struct str bad[] = {STR_INIT("\x00\x00"), STR_INIT("\x22"),
		STR_INIT("\x22\x05x"), STR_INIT("\x23"), STR_INIT("\x21\x01"),
		STR_INIT("\x25\x01\x01"), STR_INIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
		STR_INIT("\x12\x03\x0a\x05x"),
		STR_INIT("\x22\xff\xff\xff\xff\xff\xff\xff\xff\x7f")};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		BUF_SCOPE(out, 1000);
		struct data_packet packet;
		check_status(data_packet_stamp(bad[i], ME, SID, &packet, &out), STATUS_INVALID);
	}
}

static void limits_hold(void **state)
{
	(void)state;
	BUF_SCOPE(in, 1000);
	BUF_SCOPE(out, 1000);
	BUF_SCOPE(small, 10);
	struct data_packet packet;
	for (int i = 0; i <= DATA_DESTINATIONS_MAX; i++)
		buf_append(&in, STR("\x2a\x01x"));
	check_status(data_packet_stamp(buf_str(&in), ME, SID, &packet, &out), STATUS_TOO_LARGE);
	check_status(data_packet_stamp(STR_EMPTY, ME, SID, &packet, &small), STATUS_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sender_is_who_it_is),
		cmocka_unit_test(destinations_and_sequence),
		cmocka_unit_test(broken_bytes),
		cmocka_unit_test(limits_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
