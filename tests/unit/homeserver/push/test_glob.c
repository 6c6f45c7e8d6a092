/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "homeserver/push/glob.h"
#include "tests/unit/check.h"

enum how { WHOLE, WORDS, NAME };

static const struct {
	enum how how;
	const char *pattern;
	const char *text;
	bool matches;
} cases[] = {
	/* the specification's examples of event_match */
	{WHOLE, "lunc?*", "Lunch plans", true},
	{WHOLE, "lunc?*", "LUNCH", true},
	{WHOLE, "lunc?*", " lunch", false},
	{WHOLE, "lunc?*", "lunc", false},
	{WORDS, "ex*ple", "An example event.", true},
	{WORDS, "ex*ple", "exple", true},
	{WORDS, "ex*ple", "An exciting triple-whammy", true},
	{WORDS, "ex*ple", "an index of maples", false},

	{WHOLE, "", "", true},
	{WHOLE, "", "x", false},
	{WHOLE, "*", "", true},
	{WHOLE, "?", "", false},
	{WHOLE, "a*", "a", true},
	{WHOLE, "*a", "ba", true},
	{WHOLE, "*a", "ab", false},
	{WHOLE, "a*a", "a", false},
	{WHOLE, "a*a", "aa", true},
	{WHOLE, "a*b*c", "a-b-b-c", true},
	{WHOLE, "a**c", "abc", true},
	{WHOLE, "*ab*ab*", "abab", true},
	{WHOLE, "*ab*ab*", "abxa", false},
	{WHOLE, "m.room.*", "m.room.message", true},
	{WHOLE, "m.room.*", "mxroom.message", false},
	{WHOLE, "???", "été", true},
	{WHOLE, "??", "été", false},
	{WHOLE, "ÉTÉ*ŒUVRE", "été d'œuvre", true},
	{WHOLE, "ΑΒΓ", "αβγ", true},
	{WHOLE, "ПРИВЕТ Ё", "привет ё", true},
	{WHOLE, "ŁÓDŹ ŻÓŁW", "łódź żółw", true},
	{WHOLE, "[ab]\\", "[AB]\\", true},

	{WORDS, "cake", "Piece of CAKE!", true},
	{WORDS, "cake", "pancake", false},
	{WORDS, "cake", "cakes", false},
	{WORDS, "cake", "pancake cake", true},
	{WORDS, "cake", "cake_", false},
	{WORDS, "cake*lie", "the cake is a lie", true},
	{WORDS, "cake*lie", "the cake is a lied", false},
	{WORDS, "*cake*", "pancakes", true},
	{WORDS, "c?ke", "un cake", true},
	{WORDS, "-x", "a-x", false},
	{WORDS, "-x", " -x", true},
	{WORDS, "mairie", "À la mairie, à midi", true},

	{NAME, "Camille", "bonjour camille", true},
	{NAME, "*", "anything", false},
	{NAME, "*", "2 * 3", true},
	{NAME, "a?b", "axb", false},
	{NAME, "Émile", "ÉMILE?", true},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ARENA_SCOPE(arena);
		struct folded pattern = glob_fold(arena, str_c(cases[i].pattern));
		struct folded text = glob_fold(arena, str_c(cases[i].text));
		uint64_t budget = 10000;
		bool matches = cases[i].how == WHOLE   ? glob_matches(pattern, text, &budget)
			       : cases[i].how == WORDS ? glob_matches_words(pattern, text, &budget)
						       : glob_finds_words(pattern, text, &budget);
		if (matches != cases[i].matches)
			fail_msg("\"%s\" against \"%s\"", cases[i].pattern, cases[i].text);
	}
}

static struct str repeated(struct arena *arena, const char *unit, size_t count)
{
	BUF_SCOPE(text, 1 << 20);
	for (size_t i = 0; i < count; i++)
		buf_append_c(&text, unit);
	return arena_str(arena, buf_str(&text));
}

/* What a hostile pattern costs ends with the budget. */
static void test_budget(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	struct folded pattern = glob_fold(arena, repeated(arena, "*aaaaaaab", 100));
	struct folded text = glob_fold(arena, repeated(arena, "a", 60000));
	uint64_t budget = 100000;
	assert_false(glob_matches(pattern, text, &budget));
	assert_int_equal(budget, 0);
	assert_false(glob_matches(glob_fold(arena, STR("a*")), text, &budget));
}

/* Not UTF-8: byte by byte, and never past the end. */
static void test_broken_utf8(void **state)
{
	(void)state;
	static const char *const broken[] = {
		"\xC3", "a\xE2\x82", "\xF0\x9F\x98", "\xFF\xFE", "\x80"};
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		ARENA_SCOPE(arena);
		uint64_t budget = 1000;
		struct folded text = glob_fold(arena, str_c(broken[i]));
		assert_true(text.n <= strlen(broken[i]));
		assert_true(glob_matches(glob_fold(arena, STR("*")), text, &budget));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_broken_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
