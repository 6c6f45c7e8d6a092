/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/base/mem.h"
#include "common/crypto/base64.h"

static const struct {
	const char *bytes;
	const char *padded;
	const char *unpadded;
} vectors[] = {
	/* RFC 4648, section 10 */
	{"", "", ""},
	{"f", "Zg==", "Zg"},
	{"fo", "Zm8=", "Zm8"},
	{"foo", "Zm9v", "Zm9v"},
	{"foob", "Zm9vYg==", "Zm9vYg"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	/* Both of the alphabets' own signs. */
	{"\xfb\xff\xbf", "+/+/", "+/+/"},
};

static void check_decodes(const char *text, enum base64_variant variant, const char *expected)
{
	ARENA_SCOPE(arena);
	struct str bytes;

	check_ok(base64_decode(arena, str_c(text), variant, &bytes));
	check_str(bytes, expected);
}

static void vectors_of_the_rfc(void **state)
{
	ARENA_SCOPE(arena);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct str bytes = str_c(vectors[i].bytes);

		check_str(base64_encode(arena, bytes, BASE64_PADDED), vectors[i].padded);
		check_str(base64_encode(arena, bytes, BASE64_UNPADDED), vectors[i].unpadded);
		check_decodes(vectors[i].padded, BASE64_PADDED, vectors[i].bytes);
		check_decodes(vectors[i].unpadded, BASE64_PADDED, vectors[i].bytes);
		check_decodes(vectors[i].padded, BASE64_UNPADDED, vectors[i].bytes);
		check_decodes(vectors[i].unpadded, BASE64_UNPADDED, vectors[i].bytes);
	}
	check_str(base64_encode(arena, STR("\xfb\xff\xbf"), BASE64_URL_UNPADDED), "-_-_");
	check_decodes("-_-_", BASE64_URL_UNPADDED, "\xfb\xff\xbf");
	/* Bits left over, as other servers' keys have them. */
	check_decodes("Zh", BASE64_UNPADDED, "f");
	check_str(base64_encode(arena, STR_EMPTY, BASE64_PADDED), "");
}

static void what_is_refused(void **state)
{
	static const struct {
		struct str text;
		enum base64_variant variant;
	} bad[] = {
		{STR_INIT("Z"), BASE64_UNPADDED},
		{STR_INIT("Zm9vY"), BASE64_UNPADDED},
		{STR_INIT("Zg="), BASE64_PADDED},
		{STR_INIT("Zg==="), BASE64_PADDED},
		{STR_INIT("Zm9v="), BASE64_PADDED},
		{STR_INIT("Zm9v===="), BASE64_PADDED},
		{STR_INIT("="), BASE64_PADDED},
		{STR_INIT("===="), BASE64_PADDED},
		{STR_INIT("Z==="), BASE64_PADDED},
		{STR_INIT("Zg==Zg=="), BASE64_PADDED},
		{STR_INIT("Z g="), BASE64_PADDED},
		{STR_INIT("Zm9v\n"), BASE64_PADDED},
		{STR_INIT("Zm9\0"), BASE64_UNPADDED},
		{STR_INIT("Zh"), BASE64_URL_UNPADDED},
		{STR_INIT("Zm9"), BASE64_PADDED},
		{STR_INIT("-_-_"), BASE64_UNPADDED},
		{STR_INIT("-_-_"), BASE64_PADDED},
		{STR_INIT("+/+/"), BASE64_URL_UNPADDED},
		{STR_INIT("Zm9\xC3"), BASE64_UNPADDED},
	};

	ARENA_SCOPE(arena);
	struct str bytes = STR_EMPTY;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (base64_decode(arena, bad[i].text, bad[i].variant, &bytes) != STATUS_INVALID)
			fail_msg("accepted: %.*s", STR_FMT(bad[i].text));
		assert_null(bytes.p);
	}
}

static void all_lengths_and_bytes_come_back(void **state)
{
	char bytes[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(unsigned char)(i * 7);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		for (int variant = BASE64_UNPADDED; variant <= BASE64_PADDED; variant++) {
			ARENA_SCOPE(arena);
			struct str s = str_n(bytes, n);
			struct str text = base64_encode(arena, s, (enum base64_variant)variant);
			struct str back;

			check_ok(base64_decode(arena, text, (enum base64_variant)variant, &back));
			assert_true(str_eq(back, s));
		}
	}
}

static void hexadecimal(void **state)
{
	ARENA_SCOPE(arena);
	struct str bytes;

	(void)state;
	check_str(hex_encode(arena, STR("\x00\x7f\xff")), "007fff");
	check_str(hex_encode(arena, STR_EMPTY), "");
	check_ok(hex_decode(arena, STR("007FfF"), &bytes));
	assert_true(str_eq(bytes, STR("\x00\x7f\xff")));
	check_ok(hex_decode(arena, STR_EMPTY, &bytes));
	assert_int_equal(bytes.n, 0);
	check_status(hex_decode(arena, STR("0"), &bytes), STATUS_INVALID);
	check_status(hex_decode(arena, STR("0g"), &bytes), STATUS_INVALID);
	check_status(hex_decode(arena, STR(" 0"), &bytes), STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_rfc),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(all_lengths_and_bytes_come_back),
		cmocka_unit_test(hexadecimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
