/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <stdio.h>

#include "common/base/arena.h"
#include "common/base/mem.h"
#include "common/json/canonical.h"
#include "common/json/json.h"

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *value;

	check_ok(json_parse(arena, str_c(text), &value, NULL));
	return value;
}

static void check_canonical(const char *text, const char *expected)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(out, 10000);
	const struct json *value = parse(arena, text);

	assert_true(canonical_ok(value));
	check_ok(canonical_write(value, &out));
	check_str(buf_str(&out), expected);
}

/* Matrix specification, appendices, "Canonical JSON", examples. */
static void examples_of_the_specification(void **state)
{
	(void)state;
	check_canonical("{}", "{}");
	check_canonical("{ \"one\": 1,\n\t\"two\": \"Two\" }", "{\"one\":1,\"two\":\"Two\"}");
	check_canonical("{\"b\": \"2\", \"a\": \"1\"}", "{\"a\":\"1\",\"b\":\"2\"}");
	check_canonical("{\"b\":\"2\",\"a\":\"1\"}", "{\"a\":\"1\",\"b\":\"2\"}");
	check_canonical("{\"auth\": {\"success\": true, \"mxid\": \"@john.doe:example.com\","
			"\"profile\": {\"display_name\": \"John Doe\", \"three_pids\": ["
			"{\"medium\": \"email\", \"address\": \"john.doe@example.org\"},"
			"{\"medium\": \"msisdn\", \"address\": \"123456789\"}]}}}",
		"{\"auth\":{\"mxid\":\"@john.doe:example.com\",\"profile\":{\"display_name\":"
		"\"John Doe\",\"three_pids\":[{\"address\":\"john.doe@example.org\",\"medium\":"
		"\"email\"},{\"address\":\"123456789\",\"medium\":\"msisdn\"}]},\"success\":true}"
		"}");
	check_canonical("{\"a\": \"日本語\"}", "{\"a\":\"日本語\"}");
	check_canonical("{\"本\": 2, \"日\": 1}", "{\"日\":1,\"本\":2}");
	check_canonical("{\"a\": \"\\u65E5\"}", "{\"a\":\"日\"}");
	check_canonical("{\"a\": null}", "{\"a\":null}");
	check_canonical("{\"a\": -0, \"b\": 1e10}", "{\"a\":0,\"b\":10000000000}");
}

static void keys_are_sorted_by_code_point(void **state)
{
	(void)state;
	/* In UTF-16, U+1F600 would come before U+FF5E. */
	check_canonical("{\"\\uff5e\":1,\"\\ud83d\\ude00\":2,\"ab\":3,\"a\":4,\"B\":5,\"\":6}",
		"{\"\":6,\"B\":5,\"a\":4,\"ab\":3,\"～\":1,\"😀\":2}");
}

static void many_members(void **state)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(text, 10000);
	BUF_SCOPE(out, 10000);
	BUF_SCOPE(expected, 10000);

	(void)state;
	buf_append_byte(&text, '{');
	buf_append_byte(&expected, '{');
	for (int i = 0; i < 100; i++) {
		buf_printf(&text, "%s\"%02d\":%d", i > 0 ? "," : "", 99 - i, 99 - i);
		buf_printf(&expected, "%s\"%02d\":%d", i > 0 ? "," : "", i, i);
	}
	buf_append_byte(&text, '}');
	buf_append_byte(&expected, '}');
	check_ok(canonical_write(parse(arena, text.p), &out));
	check_str(buf_str(&out), expected.p);
}

static void escapes_are_the_shortest(void **state)
{
	BUF_SCOPE(out, 1000);

	(void)state;
	check_canonical("\"\\u0008\\u0009\\u000A\\u000c\\u000D\\u0022\\u005C\\u002f\\/\"",
		"\"\\b\\t\\n\\f\\r\\\"\\\\//\"");
	check_canonical("\"\\u0000\\u0007\\u000b\\u000E\\u001F\\u007f\\u0080\"",
		"\"\\u0000\\u0007\\u000b\\u000e\\u001f\x7F\xC2\x80\"");
	canonical_string(STR_EMPTY, &out);
	check_str(buf_str(&out), "\"\"");
	buf_clear(&out);
	canonical_string(STR("a\xFF\xC3\xA9\xED\xA0\x80"), &out);
	check_str(buf_str(&out), "\"a\uFFFD\u00E9\uFFFD\uFFFD\uFFFD\"");
}

static void numbers_have_one_form_and_a_range(void **state)
{
	static const char *const bad[] = {"1.5", "9007199254740992", "-9007199254740992", "1e16",
		"1e300", "[0.1]", "{\"a\":{\"b\":[1,2.5]}}"};

	(void)state;
	check_canonical("[9007199254740991,-9007199254740991,0,-0.0,1.0,1E2]",
		"[9007199254740991,-9007199254740991,0,0,1,100]");
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ARENA_SCOPE(arena);
		BUF_SCOPE(out, 1000);
		const struct json *value = parse(arena, bad[i]);

		assert_false(canonical_ok(value));
		check_status(canonical_write(value, &out), STATUS_INVALID);
	}
}

static void members_can_be_left_out(void **state)
{
	static const char *const skip[] = {"signatures", "unsigned", NULL};

	ARENA_SCOPE(arena);
	BUF_SCOPE(out, 1000);
	const struct json *value = parse(arena,
		"{\"unsigned\":{\"age\":1.5},\"signatures\":{},\"b\":{\"unsigned\":1},\"a\":1}");

	(void)state;
	check_ok(canonical_write_without(value, skip, &out));
	/* At the top level only, and what is left out may be anything. */
	check_str(buf_str(&out), "{\"a\":1,\"b\":{\"unsigned\":1}}");
	check_status(canonical_write_without(parse(arena, "[]"), skip, &out), STATUS_INVALID);
	check_status(canonical_write_without(NULL, skip, &out), STATUS_INVALID);
}

static void old_rooms_keep_their_numbers(void **state)
{
	static const char *const skip[] = {"unsigned", NULL};
	ARENA_SCOPE(arena);
	BUF_SCOPE(out, 1000);
	const struct json *value = parse(arena,
		"{\"b\":[1.0,50.57,1e10,1e16,-0.0,0.00001],\"a\":9007199254740993,\"unsigned\":0}");

	(void)state;
	check_status(canonical_write(value, &out), STATUS_INVALID);
	buf_clear(&out);
	check_ok(canonical_write_without_loose(value, skip, &out));
	check_str(buf_str(&out), "{\"a\":9007199254740993,"
				 "\"b\":[1.0,50.57,10000000000.0,1e+16,-0.0,1e-05]}");
	buf_clear(&out);
	check_ok(canonical_write_loose(json_get(value, "a"), &out));
	check_str(buf_str(&out), "9007199254740993");
}

static void the_buffer_is_the_limit(void **state)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(out, 5);

	(void)state;
	check_status(canonical_write(parse(arena, "[1,2,3]"), &out), STATUS_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_of_the_specification),
		cmocka_unit_test(keys_are_sorted_by_code_point),
		cmocka_unit_test(many_members),
		cmocka_unit_test(escapes_are_the_shortest),
		cmocka_unit_test(numbers_have_one_form_and_a_range),
		cmocka_unit_test(members_can_be_left_out),
		cmocka_unit_test(old_rooms_keep_their_numbers),
		cmocka_unit_test(the_buffer_is_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
