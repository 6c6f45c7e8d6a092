/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/ghost_id.h"
#include "common/base/mem.h"
#include "common/matrix/ids.h"
#include "tests/unit/check.h"

static const struct str server = STR_INIT("ville.example");

static void test_there_and_back(void **state)
{
	static const struct {
		const char *address;
		const char *user_id;
	} rows[] = {
		{"jean.dupont@orange.example", "@mail_jean.dupont=40orange.example:ville.example"},
		{"a_b-c+d/e@x", "@mail_a_b-c+d/e=40x:ville.example"},
		{"a=40b@x", "@mail_a=3d40b=40x:ville.example"},
		{"o'brien@x", "@mail_o=27brien=40x:ville.example"},
		{"\"a b\"@x", "@mail_=22a=20b=22=40x:ville.example"},
		{"ren\xc3\xa9@\xc3\xa9t\xc3\xa9.example",
			"@mail_ren=c3=a9=40=c3=a9t=c3=a9.example:ville.example"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ARENA_SCOPE(arena);
		struct str back;
		struct matrix_id id;
		struct str user_id = ghost_user_id(arena, str_c(rows[i].address), server);
		check_str(user_id, rows[i].user_id);
		check_ok(user_id_parse(user_id, &id));
		assert_true(user_localpart_is_new(id.localpart));
		assert_true(ghost_is_user(user_id, server));
		check_ok(ghost_address(arena, user_id, server, &back));
		check_str(back, rows[i].address);
	}
}

static void test_case_does_not_count(void **state)
{
	ARENA_SCOPE(arena);
	(void)state;
	check_str(ghost_user_id(arena, STR("Jean@Orange.Example"), server),
		"@mail_jean=40orange.example:ville.example");
}

/* Every pair of different addresses has different users. */
static void test_no_two_addresses_share_a_user(void **state)
{
	static const char *const addresses[] = {
		"a@b", "a=40b@b", "a=@b", "=@b", "a@=b", "_a@b", "__a@b", "a.@b", "a@b.", "a@b@c"};
	ARENA_SCOPE(arena);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
		for (size_t j = 0; j < i; j++)
			assert_false(str_eq(ghost_user_id(arena, str_c(addresses[i]), server),
				ghost_user_id(arena, str_c(addresses[j]), server)));
}

static void test_long_addresses(void **state)
{
	ARENA_SCOPE(arena);
	struct str back;
	(void)state;
	char *text = arena_alloc(arena, 251);
	memset(text, 'x', 250);
	text[100] = '@';
	struct str one = ghost_user_id(arena, str_n(text, 250), server);
	text[249] = 'y';
	struct str two = ghost_user_id(arena, str_n(text, 250), server);
	assert_true(one.n <= MATRIX_ID_MAX);
	assert_true(str_starts(one, STR("@mail_=")));
	assert_false(str_eq(one, two));
	assert_true(ghost_is_user(one, server));
	check_status(ghost_address(arena, one, server, &back), STATUS_NOT_FOUND);
}

static void test_strangers(void **state)
{
	static const char *const ids[] = {"@camille:ville.example", "@mail_:ville.example",
		"@mail_a=40b:elsewhere.example", "mail_a=40b:ville.example", ""};
	static const char *const other_spellings[] = {"@mail_a=40b=4:ville.example",
		"@mail_A=40b:ville.example", "@mail_=61=40b:ville.example",
		"@mail_a=zzb:ville.example", "@mail_nobody:ville.example",
		"@mail_a=4Ab:ville.example"};
	ARENA_SCOPE(arena);
	struct str back;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		assert_false(ghost_is_user(str_c(ids[i]), server));
	for (size_t i = 0; i < ARRAY_LEN(other_spellings); i++)
		check_status(ghost_address(arena, str_c(other_spellings[i]), server, &back),
			STATUS_NOT_FOUND);
}

static void test_display_names(void **state)
{
	ARENA_SCOPE(arena);
	struct str address = STR("jean@orange.example");
	(void)state;
	check_str(ghost_display_name(arena, STR("Jean Dupont"), address), "Jean Dupont (courriel)");
	check_str(ghost_display_name(arena, STR("  "), address), "jean@orange.example (courriel)");
	check_str(ghost_display_name(arena, STR("a\r\nb\0c"), address), "abc (courriel)");
	/* An override of direction, and the end of an isolate. */
	static const char turned[] = {'M', (char)0xe2, (char)0x80, (char)0xae, '(', 'x', (char)0xe2,
		(char)0x81, (char)0xa9, ')', '\0'};
	check_str(ghost_display_name(arena, str_c(turned), address), "M(x) (courriel)");
	char *text = arena_alloc(arena, 1001);
	for (size_t i = 0; i < 1000; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	struct str long_name = ghost_display_name(arena, str_n(text, 1000), address);
	assert_true(long_name.n <= GHOST_NAME_MAX);
	assert_true(str_is_utf8(long_name));
	assert_true(str_ends(long_name, STR(" (courriel)")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_case_does_not_count),
		cmocka_unit_test(test_no_two_addresses_share_a_user),
		cmocka_unit_test(test_long_addresses),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_display_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
