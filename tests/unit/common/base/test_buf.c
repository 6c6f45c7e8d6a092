/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <stdlib.h>

#include "common/base/buf.h"

static void an_untouched_buffer_is_an_empty_text(void **state)
{
	BUF_SCOPE(buf, 10);

	(void)state;
	assert_non_null(buf_str(&buf).p);
	assert_int_equal(buf_str(&buf).n, 0);
	buf_append(&buf, STR_EMPTY);
	buf_append_c(&buf, NULL);
	buf_clear(&buf);
	buf_consume(&buf, 0);
	check_str(buf_str(&buf), "");
	check_ok(buf_status(&buf));
}

static void it_grows_to_its_maximum_and_not_further(void **state)
{
	BUF_SCOPE(buf, 1000);

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_append_byte(&buf, 'x');
	assert_int_equal(buf.n, 1000);
	assert_int_equal(strlen(buf.p), 1000);
	check_ok(buf_status(&buf));
	buf_append_byte(&buf, 'y');
	check_status(buf_status(&buf), STATUS_TOO_LARGE);
	assert_int_equal(buf.n, 1000);
	assert_int_equal(buf.p[999], 'x');
}

static void a_refused_append_changes_nothing_and_is_remembered(void **state)
{
	BUF_SCOPE(buf, 4);

	(void)state;
	buf_append_c(&buf, "abc");
	buf_append_c(&buf, "de");
	check_str(buf_str(&buf), "abc");
	/* What would fit again does not count: the text has a gap by now. */
	buf_append_c(&buf, "d");
	check_str(buf_str(&buf), "abc");
	check_status(buf_status(&buf), STATUS_TOO_LARGE);
	buf_clear(&buf);
	check_ok(buf_status(&buf));
	buf_append_c(&buf, "abcd");
	check_str(buf_str(&buf), "abcd");
}

static void printing(void **state)
{
	BUF_SCOPE(buf, 600);
	char long_text[401];

	(void)state;
	memset(long_text, 'z', 400);
	long_text[400] = '\0';
	buf_printf(&buf, "%d:", 42);
	check_str(buf_str(&buf), "42:");
	buf_printf(&buf, "%s", long_text);
	assert_int_equal(buf.n, 403);
	assert_string_equal(buf.p + 3, long_text);
	buf_printf(&buf, "%s", long_text);
	check_status(buf_status(&buf), STATUS_TOO_LARGE);
	assert_int_equal(buf.n, 403);
}

static void reserving_and_consuming(void **state)
{
	BUF_SCOPE(buf, 8);
	char *end = buf_reserve(&buf, 8);

	(void)state;
	assert_non_null(end);
	memcpy(end, "abcdefgh", 8);
	buf_commit(&buf, 8);
	check_str(buf_str(&buf), "abcdefgh");
	buf_consume(&buf, 3);
	check_str(buf_str(&buf), "defgh");
	assert_int_equal(buf.p[buf.n], '\0');
	buf_consume(&buf, 5);
	check_str(buf_str(&buf), "");
	assert_null(buf_reserve(&buf, 9));
	check_status(buf_status(&buf), STATUS_TOO_LARGE);
}

static void taking(void **state)
{
	BUF_SCOPE(buf, 8);
	size_t n;
	char *p = buf_take(&buf, &n);

	(void)state;
	assert_string_equal(p, "");
	assert_int_equal(n, 0);
	free(p);
	buf_append_c(&buf, "abc");
	p = buf_take(&buf, &n);
	assert_string_equal(p, "abc");
	assert_int_equal(n, 3);
	free(p);
	check_str(buf_str(&buf), "");
	buf_append_c(&buf, "12345678");
	check_ok(buf_status(&buf));
}

static void a_maximum_without_end_does_not_overflow(void **state)
{
	BUF_SCOPE(buf, SIZE_MAX);

	(void)state;
	buf_append_c(&buf, "abc");
	check_str(buf_str(&buf), "abc");
	assert_null(buf_reserve(&buf, SIZE_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_untouched_buffer_is_an_empty_text),
		cmocka_unit_test(it_grows_to_its_maximum_and_not_further),
		cmocka_unit_test(a_refused_append_changes_nothing_and_is_remembered),
		cmocka_unit_test(printing),
		cmocka_unit_test(reserving_and_consuming),
		cmocka_unit_test(taking),
		cmocka_unit_test(a_maximum_without_end_does_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
