/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/transport/dcep.h"
#include "sfu/transport/wire.h"

static void what_is_written_is_read(void **state)
{
	uint8_t bytes[DCEP_OPEN_MAX];
	struct dcep_message in = {.kind = DCEP_OPEN,
		.unordered = true,
		.reliability = DCEP_MAX_RETRANSMITS,
		.reliability_parameter = 3,
		.priority = 256,
		.label = STR("_lossy"),
		.protocol = STR("p")};
	struct dcep_message out;
	(void)state;
	size_t n = dcep_write(&in, bytes);
	assert_int_equal(n, 12 + 7);
	assert_int_equal(bytes[1], 0x81);
	check_ok(dcep_parse(bytes, n, &out));
	assert_int_equal(out.kind, DCEP_OPEN);
	assert_true(out.unordered);
	assert_int_equal(out.reliability, DCEP_MAX_RETRANSMITS);
	assert_int_equal(out.reliability_parameter, 3);
	assert_int_equal(out.priority, 256);
	check_str(out.label, "_lossy");
	check_str(out.protocol, "p");
	in = (struct dcep_message){.kind = DCEP_ACK};
	check_ok(dcep_parse(bytes, dcep_write(&in, bytes), &out));
	assert_int_equal(out.kind, DCEP_ACK);
}

static void what_is_broken_is_refused(void **state)
{
	uint8_t bytes[300] = {3, 0};
	struct dcep_message out;
	(void)state;
	check_status(dcep_parse(bytes, 0, &out), STATUS_INVALID);
	check_status(dcep_parse(bytes, 11, &out), STATUS_INVALID);
	check_ok(dcep_parse(bytes, 12, &out));
	check_status(dcep_parse(bytes, 13, &out), STATUS_INVALID);
	bytes[1] = 3;
	check_status(dcep_parse(bytes, 12, &out), STATUS_INVALID);
	bytes[1] = 0;
	put_u16(bytes + 8, 0xffff);
	check_status(dcep_parse(bytes, 12, &out), STATUS_INVALID);
	put_u16(bytes + 8, 200);
	check_status(dcep_parse(bytes, 212, &out), STATUS_TOO_LARGE);
	bytes[0] = 9;
	check_status(dcep_parse(bytes, 12, &out), STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_broken_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
