/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/json/json.h"
#include "common/json/json_writer.h"

static void objects_and_arrays(void **state)
{
	BUF_SCOPE(out, 1000);
	struct json_writer w;

	(void)state;
	jw_init(&w, &out);
	jw_object(&w);
	jw_put_str(&w, "s", STR("a\"b"));
	jw_put_c_str(&w, "c", "x");
	jw_put_int(&w, "i", INT64_MIN);
	jw_put_bool(&w, "b", false);
	jw_put_raw(&w, "raw", STR("{\"stored\":1}"));
	jw_put_object(&w, "o");
	jw_object_end(&w);
	jw_put_array(&w, "l");
	jw_null(&w);
	jw_array(&w);
	jw_array_end(&w);
	jw_object(&w);
	jw_key_str(&w, STR("k\n"));
	jw_bool(&w, true);
	jw_object_end(&w);
	jw_array_end(&w);
	jw_object_end(&w);
	check_ok(buf_status(&out));
	check_str(buf_str(&out),
		"{\"s\":\"a\\\"b\",\"c\":\"x\",\"i\":-9223372036854775808,\"b\":false,"
		"\"raw\":{\"stored\":1},\"o\":{},\"l\":[null,[],{\"k\\n\":true}]}");
}

static void strings_that_are_none(void **state)
{
	BUF_SCOPE(out, 1000);
	struct json_writer w;

	(void)state;
	jw_init(&w, &out);
	jw_array(&w);
	jw_str(&w, STR_EMPTY);
	jw_c_str(&w, NULL);
	jw_str(&w, STR("\x80\xC3"));
	jw_str(&w, STR("a\0b"));
	jw_array_end(&w);
	check_str(buf_str(&out), "[\"\",\"\",\"\uFFFD\uFFFD\",\"a\\u0000b\"]");
}

static void reals(void **state)
{
	static const double values[] = {
		0, 1, -2, 0.1, 1.0 / 3, 1e15, 123456789012345678.0, 5e-324, 1.7976931348623157e308};

	ARENA_SCOPE(arena);
	BUF_SCOPE(out, 1000);
	const struct json *read;
	struct json_writer w;
	size_t count = sizeof(values) / sizeof(values[0]);

	(void)state;
	jw_init(&w, &out);
	jw_array(&w);
	for (size_t i = 0; i < count; i++)
		jw_real(&w, values[i]);
	jw_real(&w, (double)NAN);
	jw_real(&w, (double)INFINITY);
	jw_array_end(&w);
	assert_int_equal(str_find(buf_str(&out), STR("[0,1,-2,0.1,0.333")), 0);
	assert_true(str_find(buf_str(&out), STR(",1000000000000000,")) > 0);
	check_ok(json_parse(arena, buf_str(&out), &read, NULL));
	for (size_t i = 0; i < count; i++)
		assert_true(json_double(json_at(read, i), -1) == values[i]);
	assert_int_equal(json_kind(json_at(read, count)), JSON_NULL);
}

static void values_that_were_read(void **state)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(out, 1000);
	const struct json *value;
	struct json_writer w;

	(void)state;
	check_ok(json_parse(arena, STR("[ 1 , {\"a\" : 2.0} ]"), &value, NULL));
	jw_init(&w, &out);
	jw_object(&w);
	jw_put_value(&w, "v", value);
	jw_put_value(&w, "none", NULL);
	jw_object_end(&w);
	check_str(buf_str(&out), "{\"v\":[1,{\"a\":2.0}],\"none\":null}");
}

static void the_deepest_nesting(void **state)
{
	BUF_SCOPE(out, 1000);
	struct json_writer w;

	(void)state;
	jw_init(&w, &out);
	for (int i = 0; i < 64; i++)
		jw_array(&w);
	jw_int(&w, 1);
	jw_int(&w, 2);
	for (int i = 0; i < 64; i++)
		jw_array_end(&w);
	assert_int_equal(out.n, 64 + 3 + 64);
}

static void value_without_key(struct json_writer *w)
{
	jw_object(w);
	jw_int(w, 1);
}

static void key_without_value(struct json_writer *w)
{
	jw_object(w);
	jw_key(w, "a");
	jw_object_end(w);
}

static void key_in_an_array(struct json_writer *w)
{
	jw_array(w);
	jw_key(w, "a");
}

static void wrong_end(struct json_writer *w)
{
	jw_array(w);
	jw_object_end(w);
}

static void too_deep(struct json_writer *w)
{
	for (int i = 0; i < 65; i++)
		jw_array(w);
}

/* A defect of ours ends the program, seen from a child that makes it. */
static void misuse_is_noticed(void **state)
{
	static void (*const misuses[])(struct json_writer *w) = {
		value_without_key, key_without_value, key_in_an_array, wrong_end, too_deep};

	(void)state;
	for (size_t i = 0; i < sizeof(misuses) / sizeof(misuses[0]); i++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0) {
			struct json_writer w;
			struct buf out;

			close(STDERR_FILENO);
			signal(SIGABRT, SIG_DFL);
			buf_init(&out, 1000);
			jw_init(&w, &out);
			misuses[i](&w);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_and_arrays),
		cmocka_unit_test(strings_that_are_none),
		cmocka_unit_test(reals),
		cmocka_unit_test(values_that_were_read),
		cmocka_unit_test(the_deepest_nesting),
		cmocka_unit_test(misuse_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
