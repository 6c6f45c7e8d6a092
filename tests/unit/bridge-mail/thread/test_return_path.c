/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/thread/return_path.h"

#include "tests/unit/check.h"

static const struct str secret = STR_INIT("secret");

static void test_there_and_back(void **state)
{
	ARENA_SCOPE(arena);
	int64_t id = 0;
	struct str seal;
	(void)state;
	struct str made = return_path_make(
		arena, secret, STR("voirie@ville.example"), 31, STR("Jean@orange.example"));
	assert_true(str_starts(made, STR("voirie+bounce-1f-")));
	assert_true(str_ends(made, STR("@ville.example")));
	assert_true(return_path_read(made, &id, &seal));
	assert_int_equal(id, 31);
	assert_true(return_path_is_for(secret, 31, STR("jean@ORANGE.example"), seal));
	assert_false(return_path_is_for(secret, 32, STR("jean@orange.example"), seal));
	assert_false(return_path_is_for(secret, 31, STR("eve@orange.example"), seal));
	assert_false(return_path_is_for(STR("other"), 31, STR("jean@orange.example"), seal));
}

static void test_others(void **state)
{
	static const char *const texts[] = {"", "voirie@x", "voirie+bounce-@x",
		"voirie+bounce-1f@x", "voirie+bounce-zz-0123456789abcdef@x",
		"voirie+bounce-1f-01@x", "voirie+bounce-1234567890123456-0123456789abcdef@x"};
	int64_t id;
	struct str seal;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(return_path_read(str_c(texts[i]), &id, &seal));
}

static void test_no_room(void **state)
{
	ARENA_SCOPE(arena);
	struct str mailbox = STR("an-address-with-a-very-long-local-part-indeed@ville.example");
	(void)state;
	assert_true(str_eq(return_path_make(arena, secret, mailbox, 1, STR("a@b")), mailbox));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
