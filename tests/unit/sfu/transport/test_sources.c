/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <stdio.h>

#include "common/base/mem.h"
#include "sfu/transport/sources.h"

static struct address at(const char *ip, uint16_t port)
{
	struct address a;
	check_ok(address_parse(ip, port, &a));
	return a;
}

static unsigned admitted(struct sources *s, const char *ip, unsigned tries, int64_t now_ms)
{
	unsigned count = 0;
	for (unsigned i = 0; i < tries; i++) {
		struct address a = at(ip, (uint16_t)i);
		count += sources_admit(s, &a, now_ms);
	}
	return count;
}

static int setup(void **state)
{
	*state = MEM_NEW(struct sources);
	sources_init(*state);
	return 0;
}

static int teardown(void **state)
{
	mem_freep(state);
	return 0;
}

static void a_source_is_bounded_whatever_its_port(void **state)
{
	struct sources *s = *state;
	assert_int_equal(admitted(s, "192.0.2.1", 5000, 0), SOURCES_BURST);
	assert_int_equal(admitted(s, "192.0.2.2", 10, 0), 10);
	assert_int_equal(admitted(s, "192.0.2.1", 5000, 100), SOURCES_PER_SECOND / 10);
	assert_int_equal(admitted(s, "192.0.2.1", 5000, 100000000), SOURCES_BURST);
	/* One network, one source. */
	assert_int_equal(admitted(s, "2001:db8::1", 5000, 0), SOURCES_BURST);
	assert_int_equal(admitted(s, "2001:db8::2", 10, 0), 0);
	assert_int_equal(admitted(s, "2001:db8:0:1::1", 10, 0), 10);
}

static void many_sources_take_no_more_room(void **state)
{
	struct sources *s = *state;
	char ip[32];
	unsigned busy = 0;
	for (unsigned i = 0; i < 100000; i++) {
		snprintf(ip, sizeof(ip), "10.%u.%u.%u", i >> 16, i >> 8 & 0xff, i & 0xff);
		busy += admitted(s, ip, 1, i);
	}
	assert_int_equal(busy, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_source_is_bounded_whatever_its_port, setup, teardown),
		cmocka_unit_test_setup_teardown(many_sources_take_no_more_room, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
