/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "homeserver/thumbnailer/sniff.h"
#include "tests/unit/check.h"

#define PNG "\x89PNG\r\n\x1A\n"

static void test_formats(void **state)
{
	static const struct {
		struct str head;
		const char *format;
	} cases[] = {
		{STR_INIT("\xFF\xD8\xFF\xE0"), "jpeg"},
		{STR_INIT(PNG), "png"},
		{STR_INIT("GIF89a..."), "gif"},
		{STR_INIT("RIFF\x01\x02\x03\x04WEBPVP8 "), "webp"},
		{STR_INIT("RIFF\x01\x02\x03\x04WAVE"), NULL},
		{STR_INIT("RIFF"), NULL},
		{STR_INIT("\x89PNG"), NULL},
		{STR_INIT("<svg xmlns='http://www.w3.org/2000/svg'/>"), NULL},
		{STR_INIT("BM"), NULL},
		{STR_INIT(""), NULL},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *format = sniff_format(cases[i].head);
		if (cases[i].format == NULL)
			assert_null(format);
		else
			assert_string_equal(format, cases[i].format);
	}
}

static void test_animations(void **state)
{
	static const struct {
		const char *format;
		struct str head;
		bool may_move;
	} cases[] = {
		{"jpeg", STR_INIT("\xFF\xD8\xFF"), false},
		{"gif", STR_INIT("GIF89a"), true},
		{"webp", STR_INIT("RIFF"), true},
		{"png", STR_INIT(PNG "\0\0\0\1tEXtx....\0\0\0\1IDATx...."), false},
		{"png", STR_INIT(PNG "\0\0\0\1acTLx....\0\0\0\1IDATx...."), true},
		{"png", STR_INIT(PNG "\0\0\0\1IDATx....\0\0\0\1acTLx...."), false},
		{"png", STR_INIT(PNG "\xFF\xFF\xFF\xFFtEXt"), true},
		{"png", STR_INIT(PNG), true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(sniff_may_move(cases[i].format, cases[i].head), cases[i].may_move);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_animations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
