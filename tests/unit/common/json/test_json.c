/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <math.h>

#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/json/json.h"

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *value;
	const char *why = "";

	if (json_parse(arena, str_c(text), &value, &why) != STATUS_OK)
		fail_msg("%s: %s", text, why);
	return value;
}

static void kinds_and_fallbacks(void **state)
{
	ARENA_SCOPE(arena);
	const struct json *all = parse(arena, "[null,true,false,-7,1.5,\"text\",[1,2],{\"a\":1}]");

	(void)state;
	assert_int_equal(json_count(all), 8);
	assert_int_equal(json_kind(json_at(all, 0)), JSON_NULL);
	assert_int_equal(json_kind(json_at(all, 1)), JSON_BOOL);
	assert_true(json_bool(json_at(all, 1), false));
	assert_false(json_bool(json_at(all, 2), true));
	assert_int_equal(json_int(json_at(all, 3), 0), -7);
	assert_true(json_double(json_at(all, 4), 0) == 1.5);
	assert_true(json_double(json_at(all, 3), 0) == -7.0);
	check_str(json_str(json_at(all, 5)), "text");
	assert_int_equal(json_count(json_at(all, 6)), 2);
	assert_int_equal(json_count(json_at(all, 7)), 1);
	assert_null(json_at(all, 8));

	assert_int_equal(json_int(json_at(all, 4), 9), 9);
	assert_int_equal(json_int(NULL, 9), 9);
	assert_true(json_bool(NULL, true));
	assert_null(json_str(json_at(all, 3)).p);
	assert_int_equal(json_count(json_at(all, 5)), 0);
	assert_int_equal(json_count(NULL), 0);
	assert_int_equal(json_kind(NULL), JSON_NULL);
	assert_false(json_is(NULL, JSON_NULL));
	assert_null(json_at(NULL, 0));
	assert_null(json_at(json_at(all, 7), 0));
}

static void members(void **state)
{
	ARENA_SCOPE(arena);
	const struct json *object =
		parse(arena, "{\"b\":{\"m.relates_to\":{\"event_id\":\"$e\"}},\"a\":2,\"\":3}");
	struct json_iter i = json_iter(object);

	(void)state;
	check_str(json_str(json_path(object, "b", "m.relates_to", "event_id", NULL)), "$e");
	assert_null(json_path(object, "b", "none", "event_id", NULL));
	assert_null(json_path(object, "a", "below a number", NULL));
	assert_ptr_equal(json_path(object, NULL), object);
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(object, "c"));
	assert_int_equal(json_int(json_get_str(object, STR_EMPTY), 0), 3);
	assert_int_equal(json_int(json_get_str(object, str_n("abc", 1)), 0), 2);
	/* A NUL in the key asked for does not end it. */
	assert_null(json_get_str(object, STR("a\0b")));

	assert_true(json_next(&i));
	check_str(i.key, "b");
	assert_true(json_next(&i));
	check_str(i.key, "a");
	assert_int_equal(json_int(i.value, 0), 2);
	assert_true(json_next(&i));
	assert_false(json_next(&i));
	assert_false(json_next(&i));
	i = json_iter(NULL);
	assert_false(json_next(&i));
	i = json_iter(json_get(object, "a"));
	assert_false(json_next(&i));
}

static void strings_may_hold_nul_but_keys_may_not(void **state)
{
	ARENA_SCOPE(arena);
	const struct json *value = parse(arena, "\"a\\u0000b\"");
	const char *why = NULL;

	(void)state;
	assert_int_equal(json_str(value).n, 3);
	assert_true(str_eq(json_str(value), STR("a\0b")));
	check_status(json_parse(arena, STR("{\"a\\u0000b\":1}"), &value, &why), STATUS_INVALID);
	assert_non_null(strstr(why, "NUL"));
}

static void what_is_refused(void **state)
{
	static const struct str bad[] = {
		STR_INIT(""),
		STR_INIT(" "),
		STR_INIT("{"),
		STR_INIT("[1,]"),
		STR_INIT("{\"a\":1,}"),
		STR_INIT("{a:1}"),
		STR_INIT("'a'"),
		STR_INIT("1 2"),
		STR_INIT("{} x"),
		STR_INIT("{}\0"),
		STR_INIT("\"\0\""),
		STR_INIT("\"\n\""),
		STR_INIT("01"),
		STR_INIT("+1"),
		STR_INIT("1."),
		STR_INIT(".5"),
		STR_INIT("NaN"),
		STR_INIT("Infinity"),
		STR_INIT("1e999"),
		STR_INIT("9223372036854775808"),
		STR_INIT("-9223372036854775809"),
		STR_INIT("{\"a\":1,\"a\":2}"),
		STR_INIT("{\"a\":1,\"\\u0061\":2}"),
		STR_INIT("\"\\ud800\""),
		STR_INIT("\"\\ud800x\""),
		STR_INIT("\"\\udc00\""),
		STR_INIT("\"\\ud800\\ud800\""),
		STR_INIT("\"\xED\xA0\x80\""),
		STR_INIT("\"\xC0\x80\""),
		STR_INIT("\"\xFF\""),
		STR_INIT("\"\\x41\""),
		STR_INIT("\"abc"),
		STR_INIT("\"abc\\"),
		STR_INIT("]"),
		STR_INIT("\xEF\xBB\xBF{}"),
		{NULL, 0},
	};

	ARENA_SCOPE(arena);
	const struct json *value = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *why = NULL;

		if (json_parse(arena, bad[i], &value, &why) != STATUS_INVALID)
			fail_msg("accepted: %.*s", STR_FMT(bad[i]));
		assert_non_null(why);
		assert_null(value);
		check_status(json_parse(arena, bad[i], &value, NULL), STATUS_INVALID);
	}
}

static void reasons_do_not_repeat_the_input(void **state)
{
	ARENA_SCOPE(arena);
	const struct json *value;
	const char *why = NULL;

	(void)state;
	check_status(
		json_parse(arena, STR("{\"password\": hunter2}"), &value, &why), STATUS_INVALID);
	assert_null(strstr(why, "hunter2"));
	assert_null(strstr(why, "password"));
}

static void depth_has_a_limit(void **state)
{
	ARENA_SCOPE(arena);
	char text[2 * JSON_MAX_DEPTH + 3];
	const struct json *value;
	const char *why = NULL;

	(void)state;
	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	check_ok(json_parse(arena, str_n(text, (size_t)2 * JSON_MAX_DEPTH), &value, NULL));
	memset(text, '[', JSON_MAX_DEPTH + 1);
	memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
	check_status(json_parse(arena, str_n(text, (size_t)2 * JSON_MAX_DEPTH + 2), &value, &why),
		STATUS_INVALID);
	assert_string_equal(why, "nested too deeply");
	/* Brackets inside strings do not count. */
	memset(text, '[', sizeof(text));
	text[0] = text[sizeof(text) - 1] = '"';
	text[5] = '\\';
	text[6] = '"';
	check_ok(json_parse(arena, str_n(text, sizeof(text)), &value, NULL));
}

static void the_number_of_values_has_a_limit(void **state)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(text, (size_t)8 * JSON_MAX_VALUES);
	const struct json *value;
	const char *why = NULL;

	(void)state;
	buf_append_byte(&text, '[');
	for (int i = 0; i < JSON_MAX_VALUES / 2; i++)
		buf_append_c(&text, "{},");
	buf_append_c(&text, "1]");
	check_status(json_parse(arena, buf_str(&text), &value, &why), STATUS_INVALID);
	assert_string_equal(why, "too many values");
}

struct target {
	struct str name;
	int64_t count;
	int64_t offset;
	bool flag;
	const struct json *object;
	const struct json *array;
	const struct json *any;
};

static const struct json_field fields[] = {
	{"name", FIELD_STR, true, offsetof(struct target, name), 5, false},
	{"count", FIELD_INT, false, offsetof(struct target, count), 100, false},
	{"offset", FIELD_INT, false, offsetof(struct target, offset), 0, true},
	{"flag", FIELD_BOOL, false, offsetof(struct target, flag), 0, false},
	{"object", FIELD_OBJECT, false, offsetof(struct target, object), 1, false},
	{"array", FIELD_ARRAY, false, offsetof(struct target, array), 2, false},
	{"any", FIELD_ANY, false, offsetof(struct target, any), 0, false},
};

static enum status read_text(
	struct arena *arena, const char *text, struct target *into, struct json_read_error *error)
{
	return json_read(parse(arena, text), fields, ARRAY_LEN(fields), into, error);
}

static void reading_through_a_table(void **state)
{
	ARENA_SCOPE(arena);
	struct target target = {.count = 42};

	(void)state;
	check_ok(read_text(arena,
		"{\"name\":\"ab\",\"offset\":-3,\"flag\":true,\"object\":{\"x\":1},"
		"\"array\":[1,2],\"any\":7,\"unknown\":0,\"count\":null}",
		&target, NULL));
	check_str(target.name, "ab");
	assert_int_equal(target.count, 42);
	assert_int_equal(target.offset, -3);
	assert_true(target.flag);
	assert_int_equal(json_count(target.object), 1);
	assert_int_equal(json_count(target.array), 2);
	assert_int_equal(json_int(target.any, 0), 7);
}

static void what_does_not_fit_the_table(void **state)
{
	static const struct {
		const char *text;
		enum json_fault fault;
		const char *key;
	} cases[] = {
		{"{}", JSON_FAULT_MISSING, "name"},
		{"[]", JSON_FAULT_KIND, ""},
		{"\"x\"", JSON_FAULT_KIND, ""},
		{"{\"name\":null}", JSON_FAULT_KIND, "name"},
		{"{\"name\":1}", JSON_FAULT_KIND, "name"},
		{"{\"name\":\"123456\"}", JSON_FAULT_LIMIT, "name"},
		{"{\"name\":\"a\",\"count\":\"1\"}", JSON_FAULT_KIND, "count"},
		{"{\"name\":\"a\",\"count\":1.0}", JSON_FAULT_KIND, "count"},
		{"{\"name\":\"a\",\"count\":101}", JSON_FAULT_LIMIT, "count"},
		{"{\"name\":\"a\",\"count\":-1}", JSON_FAULT_LIMIT, "count"},
		{"{\"name\":\"a\",\"flag\":1}", JSON_FAULT_KIND, "flag"},
		{"{\"name\":\"a\",\"object\":[]}", JSON_FAULT_KIND, "object"},
		{"{\"name\":\"a\",\"object\":{\"a\":1,\"b\":2}}", JSON_FAULT_LIMIT, "object"},
		{"{\"name\":\"a\",\"array\":{}}", JSON_FAULT_KIND, "array"},
		{"{\"name\":\"a\",\"array\":[1,2,3]}", JSON_FAULT_LIMIT, "array"},
	};

	ARENA_SCOPE(arena);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct target target = {.count = 0};
		struct json_read_error error = {JSON_FAULT_NONE, NULL};

		check_status(read_text(arena, cases[i].text, &target, &error), STATUS_INVALID);
		assert_int_equal(error.fault, cases[i].fault);
		assert_string_equal(error.key, cases[i].key);
		check_status(read_text(arena, cases[i].text, &target, NULL), STATUS_INVALID);
	}
}

static void no_object_at_all(void **state)
{
	struct target target;
	struct json_read_error error;

	(void)state;
	check_status(json_read(NULL, fields, ARRAY_LEN(fields), &target, &error), STATUS_INVALID);
	assert_int_equal(error.fault, JSON_FAULT_MISSING);
	check_ok(json_read(NULL, fields + 1, ARRAY_LEN(fields) - 1, &target, &error));
}

static void writing_gives_back_what_was_read(void **state)
{
	static const char text[] =
		"{\"z\":[1,-2,1.5,1.0,1e+300,true,false,null,\"\"],\"a\":{},\"e\":[],"
		"\"s\":\"\\u0000\\u001f\\n\\\"\\\\/\xC3\xA9\xF0\x9F\x8E\x89\x7F\"}";

	ARENA_SCOPE(arena);
	BUF_SCOPE(out, 1000);
	BUF_SCOPE(small, 20);

	(void)state;
	json_write(parse(arena, text), &out);
	check_ok(buf_status(&out));
	check_str(buf_str(&out), text);
	json_write(parse(arena, text), &small);
	check_status(buf_status(&small), STATUS_TOO_LARGE);
	buf_clear(&out);
	json_write(NULL, &out);
	check_str(buf_str(&out), "null");
}

static void *parse_often(void *arg)
{
	for (int i = 0; i < 200; i++) {
		ARENA_SCOPE(arena);
		const struct json *value;

		if (json_parse(arena, STR("{\"a\":{\"b\":[1,2,3]}}"), &value, NULL) != STATUS_OK ||
			json_count(json_path(value, "a", "b", NULL)) != 3)
			return arg;
	}
	return NULL;
}

static void any_thread_may_parse(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		threads[i] = thread_start("parse", parse_often, &threads[i]);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_thread_may_parse),
		cmocka_unit_test(kinds_and_fallbacks),
		cmocka_unit_test(members),
		cmocka_unit_test(strings_may_hold_nul_but_keys_may_not),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(reasons_do_not_repeat_the_input),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(the_number_of_values_has_a_limit),
		cmocka_unit_test(reading_through_a_table),
		cmocka_unit_test(what_does_not_fit_the_table),
		cmocka_unit_test(no_object_at_all),
		cmocka_unit_test(writing_gives_back_what_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
