/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/media/rtp.h"
#include "sfu/transport/wire.h"

static const struct rtp_extension_ids ids = {
	.id = {[RTP_EXT_MID] = 4, [RTP_EXT_AUDIO_LEVEL] = 1, [RTP_EXT_TRANSPORT_CC] = 3}};
static const struct rtp_extension_ids high = {
	.id = {[RTP_EXT_MID] = 20, [RTP_EXT_AUDIO_LEVEL] = 1, [RTP_EXT_TRANSPORT_CC] = 255}};

static void one_byte_extensions(void **state)
{
	/* Version 2, extension, marker, type 111; level, padding, mid "10". */
	const uint8_t bytes[] = {0x90, 0xef, 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 2,
		0x10, 0xab, 0, 0x41, '1', '0', 0, 0, 'd', 'a', 't', 'a'};
	struct rtp_packet p;
	(void)state;
	check_ok(rtp_parse(bytes, sizeof(bytes), &ids, &p));
	assert_true(p.marker);
	assert_int_equal(p.payload_type, 111);
	assert_int_equal(p.sequence, 0x1234);
	assert_int_equal(p.timestamp, 1);
	assert_int_equal(p.ssrc, 2);
	assert_int_equal(p.ext[RTP_EXT_AUDIO_LEVEL].n, 1);
	assert_int_equal(p.ext[RTP_EXT_AUDIO_LEVEL].p[0], 0xab);
	assert_int_equal(p.ext[RTP_EXT_MID].n, 2);
	assert_memory_equal(p.ext[RTP_EXT_MID].p, "10", 2);
	assert_null(p.ext[RTP_EXT_TRANSPORT_CC].p);
	assert_int_equal(p.payload_size, 4);
	assert_memory_equal(p.payload, "data", 4);
}

/* Not negotiated is what has the id 0 here; in a packet it is padding, and has no length. */
static void an_id_that_nobody_has(void **state)
{
	const uint8_t bytes[] = {
		0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 0x01, 'h', 'i', 0, 'd'};
	struct rtp_packet p;
	(void)state;
	check_ok(rtp_parse(bytes, sizeof(bytes), &ids, &p));
	for (size_t i = 0; i < RTP_EXT_COUNT; i++) {
		assert_null(p.ext[i].p);
	}
	assert_int_equal(p.payload_size, 1);
}

static void padding_and_csrcs(void **state)
{
	uint8_t bytes[12 + 8 + 6] = {0xa2, 96};
	struct rtp_packet p;
	(void)state;
	bytes[25] = 4;
	check_ok(rtp_parse(bytes, sizeof(bytes), &ids, &p));
	assert_int_equal(p.payload_size, 2);
	bytes[25] = 6; /* padding only, as a sender that probes makes */
	check_ok(rtp_parse(bytes, sizeof(bytes), &ids, &p));
	assert_int_equal(p.payload_size, 0);
	bytes[25] = 7;
	check_status(rtp_parse(bytes, sizeof(bytes), &ids, &p), STATUS_INVALID);
	bytes[25] = 0;
	check_status(rtp_parse(bytes, sizeof(bytes), &ids, &p), STATUS_INVALID);
	bytes[0] = 0xaf;
	check_status(rtp_parse(bytes, sizeof(bytes), &ids, &p), STATUS_INVALID);
	bytes[0] = 0x40;
	check_status(rtp_parse(bytes, sizeof(bytes), &ids, &p), STATUS_INVALID);
	check_status(rtp_parse(bytes, 11, &ids, &p), STATUS_INVALID);
}

static void written_packets_are_read_again(void **state)
{
	const struct rtp_extension_ids *both[] = {&ids, &high};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t bytes[RTP_HEADER_MAX], level = 5;
		const uint8_t number[2] = {1, 2};
		struct rtp_packet again, p = {.marker = true,
						 .payload_type = 96,
						 .sequence = 65535,
						 .timestamp = 0xfffffff0,
						 .ssrc = 0xdeadbeef};
		p.ext[RTP_EXT_MID] = (struct rtp_ext_value){(const uint8_t *)"abc", 3};
		p.ext[RTP_EXT_AUDIO_LEVEL] = (struct rtp_ext_value){&level, 1};
		p.ext[RTP_EXT_TRANSPORT_CC] = (struct rtp_ext_value){number, 2};
		p.ext[RTP_EXT_RID] = (struct rtp_ext_value){number, 2}; /* not negotiated */
		size_t n = rtp_write_header(&p, both[i], bytes);
		assert_int_equal(n % 4, 0);
		assert_int_equal(get_u16(bytes + 12), i == 0 ? 0xbede : 0x1000);
		check_ok(rtp_parse(bytes, n, both[i], &again));
		assert_int_equal(again.sequence, 65535);
		assert_int_equal(again.timestamp, 0xfffffff0);
		assert_int_equal(again.ssrc, 0xdeadbeef);
		assert_int_equal(again.payload_size, 0);
		assert_memory_equal(again.ext[RTP_EXT_MID].p, "abc", 3);
		assert_int_equal(again.ext[RTP_EXT_AUDIO_LEVEL].p[0], 5);
		assert_memory_equal(again.ext[RTP_EXT_TRANSPORT_CC].p, number, 2);
		assert_null(again.ext[RTP_EXT_RID].p);
	}
}

static void lying_lengths(void **state)
{
	uint8_t bytes[20] = {0x90, 96};
	struct rtp_packet p;
	(void)state;
	put_u16(bytes + 12, 0xbede);
	put_u16(bytes + 14, 2); /* eight bytes, but four are there */
	check_status(rtp_parse(bytes, sizeof(bytes), &ids, &p), STATUS_INVALID);
	put_u16(bytes + 14, 1);
	bytes[16] = 0x1f; /* sixteen bytes of level */
	check_status(rtp_parse(bytes, sizeof(bytes), &ids, &p), STATUS_INVALID);
	put_u16(bytes + 12, 0x1000);
	bytes[16] = 1;
	bytes[17] = 3;
	check_status(rtp_parse(bytes, sizeof(bytes), &ids, &p), STATUS_INVALID);
	bytes[17] = 2;
	check_ok(rtp_parse(bytes, sizeof(bytes), &ids, &p));
	check_status(rtp_parse(bytes, 14, &ids, &p), STATUS_INVALID);
}

static void differences_on_the_circle(void **state)
{
	(void)state;
	assert_int_equal(rtp_seq_diff(1, 65535), 2);
	assert_int_equal(rtp_seq_diff(65535, 1), -2);
	assert_int_equal(rtp_ts_diff(5, 0xfffffffb), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_byte_extensions),
		cmocka_unit_test(an_id_that_nobody_has),
		cmocka_unit_test(padding_and_csrcs),
		cmocka_unit_test(written_packets_are_read_again),
		cmocka_unit_test(lying_lengths),
		cmocka_unit_test(differences_on_the_circle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
