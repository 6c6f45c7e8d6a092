/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "homeserver/media/media_headers.h"
#include "homeserver/media/thumbnail_size.h"
#include "tests/unit/check.h"

static void test_disposition(void **state)
{
	static const struct {
		const char *type;
		const char *filename;
		const char *expected;
	} cases[] = {
		{"image/png", "", "inline"},
		{"IMAGE/PNG", "a.png", "inline; filename=\"a.png\""},
		{" text/plain ; charset=utf-8", "a b.txt", "inline; filename=\"a b.txt\""},
		{"text/html", "a.html", "attachment; filename=\"a.html\""},
		{"image/svg+xml", "", "attachment"},
		{"image/pngx", "", "attachment"},
		{"", "", "attachment"},
		{"application/pdf", "\xC3\xA9t\xC3\xA9.pdf",
			"attachment; filename*=UTF-8''%C3%A9t%C3%A9.pdf"},
		{"image/png", "a\"b.png", "inline; filename*=UTF-8''a%22b.png"},
		{"image/png", "a\r\nX: y", "inline; filename*=UTF-8''a%0D%0AX%3A%20y"},
		{"image/png", "50%.png", "inline; filename*=UTF-8''50%25.png"},
		{"image/png", "a\\b", "inline; filename*=UTF-8''a%5Cb"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ARENA_SCOPE(arena);
		check_str(media_disposition(arena, str_c(cases[i].type), str_c(cases[i].filename)),
			cases[i].expected);
	}
}

/* A long name is cut between characters. */
static void test_long_names(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	char name[400];
	for (size_t i = 0; i + 1 < sizeof(name); i += 2)
		memcpy(name + i, "\xC3\xA9", 2);
	struct str text = media_disposition(arena, STR("image/png"), str_n(name, sizeof(name)));
	assert_true(str_ends(text, STR("%C3%A9")));
	assert_int_equal(text.n, strlen("inline; filename*=UTF-8''") + 127 * 6);
}

static void test_types(void **state)
{
	(void)state;
	check_str(media_type_clean(STR(" image/png ")), "image/png");
	check_str(media_type_clean(STR("text/plain; charset=utf-8")), "text/plain; charset=utf-8");
	check_str(media_type_clean(STR("nonsense")), "");
	check_str(media_type_clean(STR("/x")), "");
	check_str(media_type_clean(STR("a/b\r\nX: y")), "");
	check_str(media_type_clean(STR("a/\xC3\xA9")), "");
	check_str(media_type_clean(STR_EMPTY), "");
}

static void test_sizes(void **state)
{
	static const struct {
		int64_t width;
		int64_t height;
		bool crop;
		const char *name;
	} cases[] = {
		{1, 1, true, "32x32-crop"},
		{32, 32, true, "32x32-crop"},
		{33, 33, true, "96x96-crop"},
		{5000, 5000, true, "960x960-crop"},
		{32, 33, true, "320x240-scale"},
		{32, 32, false, "320x240-scale"},
		{320, 241, false, "640x480-scale"},
		{800, 600, false, "800x600-scale"},
		{INT64_MAX, 1, false, "4096x4096-scale"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char name[THUMBNAIL_NAME_MAX];
		struct thumbnail_size size =
			thumbnail_snap(cases[i].width, cases[i].height, cases[i].crop);
		thumbnail_name(&size, name);
		assert_string_equal(name, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_disposition),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_sizes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
