/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <arpa/inet.h>

#include "sfu/transport/address.h"
#include "sfu/transport/candidates.h"

static char first[] = "192.0.2.7", second[] = "2001:db8::7", wrong[] = "example.org";

static enum status collect(const char *bound, char *const *list, unsigned count,
	struct candidates *out, const char **bad_out)
{
	const struct candidates_config config = {.bind_address = bound,
		.advertised = list,
		.advertised_count = count,
		.udp_port = 7882};
	return candidates_collect(&config, out, bad_out);
}

static void advertised_addresses_as_they_stand(void **state)
{
	struct candidates c;
	const char *bad = NULL;
	char *const list[] = {first, second};
	(void)state;
	check_ok(collect("0.0.0.0", list, 2, &c, &bad));
	assert_int_equal(c.count, 2);
	assert_string_equal(c.list[0].address, first);
	assert_string_equal(c.list[1].address, second);
	assert_int_equal(c.list[1].port, 7882);
	assert_true(c.list[0].priority > c.list[1].priority);
	assert_int_equal(c.list[0].priority >> 24, 126);
	assert_int_not_equal(c.list[0].foundation, c.list[1].foundation);
}

static void names_are_refused(void **state)
{
	struct candidates c;
	const char *bad = NULL;
	char *const list[] = {first, wrong};
	(void)state;
	check_status(collect("0.0.0.0", list, 2, &c, &bad), STATUS_INVALID);
	assert_ptr_equal(bad, wrong);
	check_status(collect("eth0", NULL, 0, &c, &bad), STATUS_INVALID);
}

static void without_any_the_machine_is_asked(void **state)
{
	struct candidates c;
	const char *bad = NULL;
	struct address a;
	(void)state;
	check_ok(collect("127.0.0.1", NULL, 0, &c, &bad));
	assert_int_equal(c.count, 1);
	assert_string_equal(c.list[0].address, "127.0.0.1");
	check_ok(collect("0.0.0.0", NULL, 0, &c, &bad));
	for (unsigned i = 0; i < c.count; i++) {
		check_ok(address_parse(c.list[i].address, 1, &a));
		assert_int_equal(a.family, 4); /* the socket takes no other */
	}
}

static void a_public_address_and_what_it_is_mapped_to(void **state)
{
	static char both[] = "203.0.113.5=10.0.0.5", again[] = "10.0.0.5", half[] = "203.0.113.5=";
	struct candidates c;
	const char *bad = NULL;
	char *const list[] = {both, again};
	char *const wrong_list[] = {half};
	(void)state;
	check_ok(collect("0.0.0.0", list, 2, &c, &bad));
	assert_int_equal(c.count, 2);
	assert_string_equal(c.list[0].address, "10.0.0.5");
	assert_string_equal(c.list[1].address, "203.0.113.5");
	check_status(collect("0.0.0.0", wrong_list, 1, &c, &bad), STATUS_INVALID);
	assert_ptr_equal(bad, half);
}

static void interfaces_may_be_named_among_others(void **state)
{
	static char word[] = "interfaces";
	struct candidates c;
	const char *bad = NULL;
	char *const list[] = {first, word};
	(void)state;
	check_ok(collect("127.0.0.1", list, 2, &c, &bad));
	assert_int_equal(c.count, 2);
	assert_string_equal(c.list[1].address, "127.0.0.1");
}

static void tcp_comes_after_udp(void **state)
{
	struct candidates c;
	const char *bad = NULL;
	char *const list[] = {first, second};
	struct candidates_config config = {.bind_address = "::",
		.advertised = list,
		.advertised_count = 2,
		.udp_port = 7882,
		.tcp_port = 7881};
	BUF_SCOPE(text, 256);
	(void)state;
	check_ok(candidates_collect(&config, &c, &bad));
	assert_int_equal(c.count, 4);
	assert_true(c.list[1].priority > c.list[2].priority);
	assert_true(c.list[2].priority > c.list[3].priority);
	candidate_write(&c.list[2], &text);
	assert_string_equal(
		buf_str(&text).p, "3 1 tcp 1520435199 192.0.2.7 7881 typ host tcptype passive");
	config.udp_port = 0;
	check_ok(candidates_collect(&config, &c, &bad));
	assert_int_equal(c.count, 2);
	assert_true(c.list[0].tcp);
	config.tcp_port = 0;
	check_status(candidates_collect(&config, &c, &bad), STATUS_NOT_FOUND);
}

static void mapped_addresses_are_ipv4(void **state)
{
	struct sockaddr_storage name;
	struct address a, b;
	char text[ADDRESS_TEXT_MAX];
	(void)state;
	check_ok(address_parse("192.0.2.1", 99, &a));
	assert_int_equal(address_to_sockaddr(&a, AF_INET6, &name), sizeof(struct sockaddr_in6));
	address_from_sockaddr((const struct sockaddr *)&name, &b);
	assert_true(address_eq(&a, &b));
	assert_int_equal(address_to_sockaddr(&a, AF_INET, &name), sizeof(struct sockaddr_in));
	address_from_sockaddr((const struct sockaddr *)&name, &b);
	assert_true(address_eq(&a, &b));
	assert_string_equal(address_print(&a, text), "192.0.2.1:99");
	check_ok(address_parse("2001:db8::1", 99, &a));
	assert_string_equal(address_print(&a, text), "[2001:db8::1]:99");
	assert_false(address_eq(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(advertised_addresses_as_they_stand),
		cmocka_unit_test(names_are_refused),
		cmocka_unit_test(without_any_the_machine_is_asked),
		cmocka_unit_test(a_public_address_and_what_it_is_mapped_to),
		cmocka_unit_test(interfaces_may_be_named_among_others),
		cmocka_unit_test(tcp_comes_after_udp),
		cmocka_unit_test(mapped_addresses_are_ipv4),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
