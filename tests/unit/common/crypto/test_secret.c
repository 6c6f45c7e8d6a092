/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/crypto/secret.h"

static void random_bytes_differ(void **state)
{
	char a[64] = {0};
	char b[64] = {0};

	(void)state;
	secret_random(a, sizeof(a));
	secret_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	secret_random(a, 0);
	secret_wipe(a, sizeof(a));
	memset(b, 0, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
}

static void tokens_are_letters_and_digits(void **state)
{
	ARENA_SCOPE(arena);
	struct str token = secret_token(arena, 10000);
	unsigned seen[256] = {0};
	unsigned symbols = 0;

	(void)state;
	assert_int_equal(token.n, 10000);
	for (size_t i = 0; i < token.n; i++)
		seen[(unsigned char)token.p[i]]++;
	for (unsigned c = 0; c < 256; c++) {
		bool wanted =
			(c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		/* 161 of each are expected; less than 80 has a chance of one in 10^10. */
		assert_true(wanted ? seen[c] > 80 : seen[c] == 0);
		symbols += seen[c] > 0;
	}
	assert_int_equal(symbols, 62);
	assert_int_equal(secret_token(arena, 0).n, 0);
	assert_false(str_eq(secret_token(arena, 32), secret_token(arena, 32)));
}

static void comparing(void **state)
{
	(void)state;
	assert_true(secret_equal(STR("abc"), STR("abc")));
	assert_false(secret_equal(STR("abc"), STR("abd")));
	assert_false(secret_equal(STR("abc"), STR("ab")));
	assert_true(secret_equal(STR_EMPTY, STR("")));
	assert_true(secret_equal(STR_EMPTY, STR_EMPTY));
	assert_false(secret_equal(STR_EMPTY, STR("a")));
}

static void passwords(void **state)
{
	ARENA_SCOPE(arena);
	struct str hash = password_hash(arena, STR("correct horse"));
	char too_long[300];

	(void)state;
	assert_true(str_starts(hash, STR("$argon2id$v=19$m=19456,t=2,p=1$")));
	assert_false(str_eq(hash, password_hash(arena, STR("correct horse"))));
	assert_true(password_matches(hash, STR("correct horse")));
	assert_false(password_matches(hash, STR("correct horsf")));
	assert_false(password_matches(hash, STR_EMPTY));
	assert_true(password_matches(password_hash(arena, STR_EMPTY), STR("")));
	/* Bytes behind a NUL count. */
	assert_false(password_matches(password_hash(arena, STR("a\0b")), STR("a\0c")));

	memset(too_long, '$', sizeof(too_long));
	assert_false(password_matches(STR_EMPTY, STR("x")));
	assert_false(password_matches(STR("nonsense"), STR("x")));
	assert_false(password_matches(str_n(too_long, sizeof(too_long)), STR("x")));
	assert_false(password_matches(str_slice(hash, 0, hash.n - 5), STR("correct horse")));
}

/* The reference implementation's own vector, with other parameters than ours. */
static void parameters_come_from_the_encoded_form(void **state)
{
	const struct str hash = STR("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$"
				    "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");

	(void)state;
	assert_true(password_matches(hash, STR("password")));
	assert_false(password_matches(hash, STR("passwore")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(tokens_are_letters_and_digits),
		cmocka_unit_test(comparing),
		cmocka_unit_test(passwords),
		cmocka_unit_test(parameters_come_from_the_encoded_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
