/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/file_link.h"

#include "tests/unit/check.h"

static void test_there_and_back(void **state)
{
	ARENA_SCOPE(arena);
	int64_t id = 0, end = 0;
	(void)state;
	struct str token = file_link_token(arena, STR("secret"), 300, INT64_C(1800000000123));
	assert_true(file_link_read(STR("secret"), token, &id, &end));
	assert_int_equal(id, 300);
	assert_int_equal(end, INT64_C(1800000000000));
	assert_false(file_link_read(STR("another"), token, &id, &end));
}

static void test_forged(void **state)
{
	ARENA_SCOPE(arena);
	int64_t id, end;
	(void)state;
	struct str token = file_link_token(arena, STR("secret"), 300, INT64_C(1800000000000));
	for (size_t i = 0; i < token.n; i++) {
		char *forged = arena_c_str(arena, token);
		forged[i] = forged[i] == '0' ? '1' : '0';
		assert_false(file_link_read(STR("secret"), str_n(forged, token.n), &id, &end));
		assert_false(file_link_read(STR("secret"), str_slice(token, 0, i), &id, &end));
	}
	assert_false(file_link_read(STR("secret"), STR_EMPTY, &id, &end));
	assert_false(file_link_read(STR("secret"), STR(".."), &id, &end));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_forged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
