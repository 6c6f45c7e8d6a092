/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http/public_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/base/mem.h"
#include "tests/unit/check.h"

static bool is_public(const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return public_address((const struct sockaddr *)&v4, sizeof(v4));
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return public_address((const struct sockaddr *)&v6, sizeof(v6));
}

static void addresses_of_the_internet(void **state)
{
	static const char *const all[] = {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255",
		"100.128.0.0", "172.15.0.1", "172.32.0.1", "192.167.1.1", "198.17.0.1",
		"198.20.0.1", "223.255.255.255", "2a01:4f8::1", "2001:4860::8888",
		"2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!is_public(all[i]))
			fail_msg("%s is public", all[i]);
}

static void all_others(void **state)
{
	static const char *const all[] = {"0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255",
		"127.0.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8",
		"192.168.1.1", "198.18.0.1", "198.19.255.255", "203.0.113.9", "224.0.0.1",
		"240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
		"64:ff9b::a00:1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
		"2001::1", "2002:7f00:1::1", "3fff::1", "100::1"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (is_public(all[i]))
			fail_msg("%s is not public", all[i]);
}

static void what_is_no_ip_address(void **state)
{
	const struct sockaddr unix_socket = {.sa_family = AF_UNIX};
	const struct sockaddr cut = {.sa_family = AF_INET6};
	(void)state;
	assert_false(public_address(&unix_socket, sizeof(unix_socket)));
	assert_false(public_address(&cut, sizeof(cut)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_the_internet),
		cmocka_unit_test(all_others),
		cmocka_unit_test(what_is_no_ip_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
