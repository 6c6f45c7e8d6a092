/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "sfu/transport/stun.h"
#include "sfu/transport/wire.h"

/* The test vectors of RFC 5769. */
static const char password[] = "VOkJxbRl1RmTxUk/WvJxBt";

static const uint8_t sample_request[] = {0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7,
	0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53,
	0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73, 0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74,
	0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff, 0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9,
	0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09, 0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68,
	0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf,
	0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2,
	0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf};

static const uint8_t sample_ipv4[] = {0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7,
	0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74,
	0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63, 0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08,
	0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43, 0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5,
	0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9, 0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b,
	0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96};

/* XOR-MAPPED-ADDRESS of the IPv6 response: 2001:db8:1234:5678:11:2233:4455:6677, port 32853. */
static const uint8_t sample_ipv6_value[] = {0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5,
	0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9};

static void the_request_of_the_rfc(void **state)
{
	struct stun_message m;
	(void)state;
	check_ok(stun_parse(sample_request, sizeof(sample_request), &m));
	assert_int_equal(m.class, STUN_REQUEST);
	assert_int_equal(m.method, STUN_METHOD_BINDING);
	check_str(m.username, "evtj:h6vY");
	assert_int_equal(m.priority, 0x6e0001ff);
	assert_true(m.ice_controlled);
	assert_true(m.tie_breaker == 0x932ff9b151263b36u);
	assert_true(m.fingerprint);
	assert_int_equal(m.unknown_attribute, 0);
	assert_true(stun_authentic(&m, str_c(password)));
	assert_false(stun_authentic(&m, STR("VOkJxbRl1RmTxUk/WvJxBu")));
	assert_false(stun_authentic(&m, STR("")));
}

static void the_response_of_the_rfc(void **state)
{
	struct stun_message m;
	(void)state;
	check_ok(stun_parse(sample_ipv4, sizeof(sample_ipv4), &m));
	assert_int_equal(m.class, STUN_SUCCESS);
	assert_true(m.fingerprint);
	assert_true(stun_authentic(&m, str_c(password)));
}

static void our_answers_map_as_the_rfc_does(void **state)
{
	struct stun_message request, m;
	struct address mapped;
	uint8_t reply[STUN_REPLY_MAX];
	(void)state;
	check_ok(stun_parse(sample_request, sizeof(sample_request), &request));
	check_ok(address_parse("192.0.2.1", 32853, &mapped));
	size_t n = stun_write_success(&request, &mapped, str_c(password), reply);
	check_ok(stun_parse(reply, n, &m));
	assert_int_equal(m.class, STUN_SUCCESS);
	assert_true(m.fingerprint);
	assert_true(stun_authentic(&m, str_c(password)));
	assert_memory_equal(m.transaction, request.transaction, STUN_TRANSACTION_BYTES);
	assert_memory_equal(reply + 20, sample_ipv4 + 36, 12);
	/* No amplification: an answer is never longer than what it answers. */
	assert_true(n <= sizeof(sample_request));
	check_ok(address_parse("2001:db8:1234:5678:11:2233:4455:6677", 32853, &mapped));
	(void)stun_write_success(&request, &mapped, str_c(password), reply);
	assert_memory_equal(reply + 24, sample_ipv6_value, sizeof(sample_ipv6_value));
}

static void errors_name_what_they_mean(void **state)
{
	struct stun_message request, m;
	uint8_t reply[STUN_REPLY_MAX];
	(void)state;
	check_ok(stun_parse(sample_request, sizeof(sample_request), &request));
	size_t n = stun_write_error(&request, STUN_ROLE_CONFLICT, str_c(password), reply);
	check_ok(stun_parse(reply, n, &m));
	assert_int_equal(m.class, STUN_ERROR);
	assert_int_equal(get_u16(reply + 20), 0x0009);
	assert_int_equal(reply[26], 4);
	assert_int_equal(reply[27], 87);
	assert_true(stun_authentic(&m, str_c(password)));
	request.unknown_attribute = 0x7001;
	n = stun_write_error(&request, STUN_UNKNOWN_ATTRIBUTE, str_c(password), reply);
	check_ok(stun_parse(reply, n, &m));
	assert_int_equal(get_u16(reply + 28), 0x000a);
	assert_int_equal(get_u16(reply + 32), 0x7001);
}

static void every_shortening_and_flipped_bit_is_noticed(void **state)
{
	struct stun_message m;
	uint8_t copy[sizeof(sample_request)];
	(void)state;
	for (size_t n = 0; n < sizeof(sample_request); n++) {
		check_status(stun_parse(sample_request, n, &m), STATUS_INVALID);
	}
	for (size_t bit = 0; bit < sizeof(copy) * 8; bit++) {
		memcpy(copy, sample_request, sizeof(copy));
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(stun_parse(copy, sizeof(copy), &m) != STATUS_OK ||
			    !stun_authentic(&m, str_c(password)) || !m.fingerprint);
	}
}

static void what_stands_behind_the_integrity_does_not_count(void **state)
{
	uint8_t bytes[STUN_REQUEST_MAX + 16];
	uint8_t transaction[STUN_TRANSACTION_BYTES] = {0};
	struct stun_request request = {
		.transaction = transaction, .username = STR("a:b"), .password = str_c(password)};
	struct stun_message m;
	(void)state;
	size_t n = stun_write_request(&request, bytes) - 8; /* without FINGERPRINT */
	put_u16(bytes + n, 0x0025);
	put_u16(bytes + n + 2, 0);
	n += 4;
	put_u16(bytes + 2, (unsigned)(n - 20));
	check_ok(stun_parse(bytes, n, &m));
	assert_false(m.use_candidate); /* it came behind, so anybody may have added it */
	assert_true(stun_authentic(&m, str_c(password)));
}

static void what_must_be_understood_is_reported(void **state)
{
	uint8_t bytes[64] = {0x00, 0x01, 0x00, 0x08, 0x21, 0x12, 0xa4, 0x42};
	struct stun_message m;
	(void)state;
	put_u16(bytes + 20, 0x7777);
	put_u16(bytes + 22, 4);
	check_ok(stun_parse(bytes, 28, &m));
	assert_int_equal(m.unknown_attribute, 0x7777);
	put_u16(bytes + 20, 0xf777); /* optional */
	check_ok(stun_parse(bytes, 28, &m));
	assert_int_equal(m.unknown_attribute, 0);
	assert_false(stun_authentic(&m, str_c(password)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_request_of_the_rfc),
		cmocka_unit_test(the_response_of_the_rfc),
		cmocka_unit_test(our_answers_map_as_the_rfc_does),
		cmocka_unit_test(errors_name_what_they_mean),
		cmocka_unit_test(every_shortening_and_flipped_bit_is_noticed),
		cmocka_unit_test(what_stands_behind_the_integrity_does_not_count),
		cmocka_unit_test(what_must_be_understood_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
