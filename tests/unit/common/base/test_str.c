/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/base/mem.h"

static void empty_strings_never_reach_the_c_library(void **state)
{
	const struct str none = STR_EMPTY;

	(void)state;
	assert_true(str_eq(none, STR("")));
	assert_true(str_eq_c(none, NULL));
	assert_true(str_eq_nocase(none, none));
	assert_int_equal(str_cmp(none, none), 0);
	assert_true(str_cmp(none, STR("a")) < 0);
	assert_true(str_starts(none, none));
	assert_true(str_ends(STR("a"), none));
	assert_false(str_starts(none, STR("a")));
	assert_false(str_contains_nul(none));
	assert_int_equal(str_index(none, 'a'), -1);
	assert_int_equal(str_rindex(none, 'a'), -1);
	assert_int_equal(str_find(none, STR("a")), -1);
	assert_int_equal(str_find(none, none), 0);
	assert_int_equal(str_trim(none).n, 0);
	assert_int_equal(str_skip(none, 3).n, 0);
	assert_true(str_is_utf8(none));
	assert_int_equal(str_utf8_first(none), 0);
}

static void comparing(void **state)
{
	(void)state;
	assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
	assert_false(str_eq_nocase(STR("[a"), STR("{a")));
	assert_true(str_cmp(STR("ab"), STR("b")) < 0);
	assert_true(str_cmp(STR("ab"), STR("a")) > 0);
	assert_true(str_cmp(STR("\xE6\x97\xA5"), STR("z")) > 0);
	assert_true(str_starts(STR("mxc://x"), STR("mxc://")));
	assert_true(str_ends(STR("a.tmp"), STR(".tmp")));
	assert_false(str_ends(STR("tmp"), STR(".tmp")));
	assert_true(str_contains_nul(STR("a\0b")));
}

static void slicing(void **state)
{
	(void)state;
	check_str(str_skip(STR("abc"), 1), "bc");
	check_str(str_skip(STR("abc"), 9), "");
	check_str(str_slice(STR("abc"), 1, 1), "b");
	check_str(str_slice(STR("abc"), 1, SIZE_MAX), "bc");
	check_str(str_trim(STR(" \t a b\r\n")), "a b");
	check_str(str_trim(STR("  ")), "");
	assert_int_equal(str_index(STR("abca"), 'a'), 0);
	assert_int_equal(str_rindex(STR("abca"), 'a'), 3);
	assert_int_equal(str_find(STR("abcabd"), STR("abd")), 3);
	assert_int_equal(str_find(STR("ab"), STR("abc")), -1);
}

static void cutting(void **state)
{
	struct str rest = STR("a,,b,");
	struct str part;

	(void)state;
	assert_true(str_cut(&rest, ',', &part));
	check_str(part, "a");
	assert_true(str_cut(&rest, ',', &part));
	check_str(part, "");
	assert_true(str_cut(&rest, ',', &part));
	check_str(part, "b");
	assert_true(str_cut(&rest, ',', &part));
	check_str(part, "");
	assert_null(rest.p);
	assert_false(str_cut(&rest, ',', &part));

	rest = STR("");
	assert_true(str_cut(&rest, ',', &part));
	assert_int_equal(part.n, 0);
	assert_false(str_cut(&rest, ',', &part));
}

static void numbers(void **state)
{
	static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1a", "0x1",
		"9223372036854775808", "-9223372036854775809"};
	int64_t value = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		check_status(str_to_i64(str_c(bad[i]), &value), STATUS_INVALID);
	check_status(str_to_i64(STR_EMPTY, &value), STATUS_INVALID);
	assert_int_equal(value, 7);
	check_ok(str_to_i64(STR("9223372036854775807"), &value));
	assert_true(value == INT64_MAX);
	check_ok(str_to_i64(STR("-9223372036854775808"), &value));
	assert_true(value == INT64_MIN);
	check_ok(str_to_i64(STR("007"), &value));
	assert_int_equal(value, 7);
}

static void utf8(void **state)
{
	static const char *const good[] = {"plain ascii, longer than a word", "\xC2\x80",
		"\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
		"\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "12345678\xE2\x82\xAC"};
	static const char *const bad[] = {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF",
		"\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
		"\xC2", "\xE2\x82", "\xF0\x90\x80", "\xE2\x28\xA1", "12345678\xC2"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(str_is_utf8(str_c(good[i])));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(str_is_utf8(str_c(bad[i])));
	assert_true(str_is_utf8(STR("a\0b")));
	assert_int_equal(str_utf8_first(STR("\xE2\x82\xACx")), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_strings_never_reach_the_c_library),
		cmocka_unit_test(comparing),
		cmocka_unit_test(slicing),
		cmocka_unit_test(cutting),
		cmocka_unit_test(numbers),
		cmocka_unit_test(utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
