/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/transport/demux.h"

static enum packet_kind kind_of(uint8_t first, uint8_t second)
{
	const uint8_t bytes[2] = {first, second};
	return demux(bytes, sizeof(bytes));
}

static void ranges_of_rfc_7983(void **state)
{
	(void)state;
	for (unsigned b = 0; b <= 255; b++) {
		enum packet_kind expected = b <= 3		   ? PACKET_STUN
					    : b >= 20 && b <= 63   ? PACKET_DTLS
					    : b >= 128 && b <= 191 ? PACKET_RTP
								   : PACKET_UNKNOWN;
		assert_int_equal(kind_of((uint8_t)b, 111), expected);
	}
}

static void rtcp_by_its_type(void **state)
{
	(void)state;
	for (unsigned type = 0; type <= 255; type++) {
		bool rtcp = type >= 192 && type <= 223;
		assert_int_equal(kind_of(0x80, (uint8_t)type), rtcp ? PACKET_RTCP : PACKET_RTP);
	}
}

static void short_datagrams(void **state)
{
	const uint8_t byte = 0x80;
	(void)state;
	assert_int_equal(demux(&byte, 1), PACKET_UNKNOWN);
	assert_int_equal(demux(&byte, 0), PACKET_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_of_rfc_7983),
		cmocka_unit_test(rtcp_by_its_type),
		cmocka_unit_test(short_datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
