/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/thread/token.h"
#include "tests/unit/check.h"

static const struct str secret = STR_INIT("0123456789abcdef0123456789abcdef");
static const struct str thread = STR_INIT("00ff00ff00ff00ff");

static void test_made_and_read(void **state)
{
	struct str token;
	ARENA_SCOPE(arena);
	(void)state;
	struct str id = token_message_id(arena, secret, thread, STR("$e"), STR("ville.example"));
	assert_true(token_read(secret, id, &token));
	check_str(token, "00ff00ff00ff00ff");
	assert_true(str_eq(
		id, token_message_id(arena, secret, thread, STR("$e"), STR("ville.example"))));
	assert_false(str_eq(
		id, token_message_id(arena, secret, thread, STR("$f"), STR("ville.example"))));
	assert_false(token_read(STR("another"), id, &token));
}

static void test_any_change_is_noticed(void **state)
{
	struct str token;
	ARENA_SCOPE(arena);
	(void)state;
	struct str id = token_message_id(arena, secret, thread, STR("$e"), STR("ville.example"));
	for (size_t i = 0; i < id.n; i++) {
		char *copy = arena_c_str(arena, id);
		copy[i] = copy[i] == 'x' ? 'y' : 'x';
		assert_false(token_read(secret, str_n(copy, id.n), &token));
		assert_false(token_read(secret, str_slice(id, 0, i), &token));
	}
}

static void test_loop_header(void **state)
{
	ARENA_SCOPE(arena);
	(void)state;
	struct str value = token_loop_header(arena, secret, STR("a@b"));
	assert_true(token_is_loop_header(secret, STR("a@b"), value));
	assert_false(token_is_loop_header(secret, STR("c@b"), value));
	assert_false(token_is_loop_header(secret, STR("a@b"), STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_and_read),
		cmocka_unit_test(test_any_change_is_noticed),
		cmocka_unit_test(test_loop_header),
	};
	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
