/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/base/mem.h"
#include "common/http/target.h"

struct parsed {
	char scratch[4096];
	struct http_target target;
};

static enum target_fault parse(struct parsed *p, const char *raw)
{
	return target_parse(str_c(raw), p->scratch, &p->target);
}

static void cut_raw_then_decoded_once(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(parse(&p, "/a%2Fb/%2541/c+d?x=%2F&y"), TARGET_OK);
	check_str(p.target.path, "/a%2Fb/%2541/c+d");
	check_str(p.target.query, "x=%2F&y");
	assert_int_equal(p.target.count, 3);
	check_str(p.target.segments[0], "a/b");
	check_str(p.target.segments[1], "%41");
	check_str(p.target.segments[2], "c+d");
	check_str(target_tail(&p.target, 1), "%41/c+d");
	check_str(target_tail(&p.target, 3), "");
}

static void empty_segments_count(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(parse(&p, "/"), TARGET_OK);
	assert_int_equal(p.target.count, 1);
	check_str(p.target.segments[0], "");
	assert_int_equal(parse(&p, "//a//"), TARGET_OK);
	assert_int_equal(p.target.count, 4);
	check_str(p.target.segments[0], "");
	check_str(p.target.segments[1], "a");
	check_str(p.target.segments[3], "");
	check_str(p.target.query, "");
	assert_int_equal(parse(&p, "/a?b?c"), TARGET_OK);
	check_str(p.target.query, "b?c");
}

static void more_segments_than_fit(void **state)
{
	struct parsed p;

	(void)state;
	assert_int_equal(parse(&p, "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g"), TARGET_OK);
	assert_int_equal(p.target.count, HTTP_MAX_SEGMENTS);
	assert_false(p.target.more);
	assert_int_equal(parse(&p, "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/%68"), TARGET_OK);
	assert_int_equal(p.target.count, HTTP_MAX_SEGMENTS);
	assert_true(p.target.more);
	check_str(target_tail(&p.target, 14), "f/g/h");
}

static void faults(void **state)
{
	static const struct {
		const char *raw;
		enum target_fault fault;
	} cases[] = {
		{"", TARGET_FORM},
		{"a", TARGET_FORM},
		{"*", TARGET_FORM},
		{"http://host/a", TARGET_FORM},
		{"/a b", TARGET_FORM},
		{"/a\tb", TARGET_FORM},
		{"/a#b", TARGET_FORM},
		{"/a\x7f", TARGET_FORM},
		{"/%", TARGET_ESCAPE},
		{"/%2", TARGET_ESCAPE},
		{"/%2g", TARGET_ESCAPE},
		{"/%%41", TARGET_ESCAPE},
		{"/a?%zz", TARGET_ESCAPE},
		{"/%00", TARGET_NUL},
		{"/a?b=%00", TARGET_NUL},
		{"/%ff", TARGET_UTF8},
		{"/\xff", TARGET_UTF8},
		{"/%c3/%a9", TARGET_UTF8},
		{"/%ed%a0%80", TARGET_UTF8},
		{"/%c0%af", TARGET_UTF8},
		{"/a?x=%e2%82", TARGET_UTF8},
		{"/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/%ff", TARGET_UTF8},
		{"/%c3%a9/\xc3\xa9?x=%c3%a9", TARGET_OK},
	};
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(parse(&p, cases[i].raw), cases[i].fault);
}

static void dots(void **state)
{
	(void)state;
	assert_true(target_has_dots(STR("..")));
	assert_true(target_has_dots(STR("a/..")));
	assert_true(target_has_dots(STR("./a")));
	assert_false(target_has_dots(STR("a/...")));
	assert_false(target_has_dots(STR("a.b/..c")));
	assert_false(target_has_dots(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_raw_then_decoded_once),
		cmocka_unit_test(empty_segments_count),
		cmocka_unit_test(more_segments_than_fit),
		cmocka_unit_test(faults),
		cmocka_unit_test(dots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
