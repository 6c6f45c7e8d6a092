/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/ed25519.h"
#include "common/json/canonical.h"
#include "common/json/json.h"
#include "homeserver/keys/key_objects.h"
#include "tests/unit/check.h"

#define ME STR("@me:here")

static const struct json *parse(struct arena *arena, struct str text)
{
	const struct json *json;
	check_ok(json_parse(arena, text, &json, NULL));
	return json;
}

static struct ed25519_key *key_new(unsigned char fill)
{
	uint8_t seed[ED25519_SEED_BYTES];
	struct ed25519_key *key;
	memset(seed, fill, sizeof(seed));
	check_ok(ed25519_key_new(seed, &key));
	return key;
}

static struct str public_of(struct arena *arena, const struct ed25519_key *key)
{
	return base64_encode(arena, str_n((const char *)ed25519_public(key), ED25519_PUBLIC_BYTES),
		BASE64_UNPADDED);
}

static struct str sign(struct arena *arena, const struct ed25519_key *key, const char *text)
{
	uint8_t signature[ED25519_SIGNATURE_BYTES];
	ed25519_sign(key, str_c(text), signature);
	return base64_encode(
		arena, str_n((const char *)signature, sizeof(signature)), BASE64_UNPADDED);
}

static void test_signatures(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	struct ed25519_key *key = key_new(1);
	struct ed25519_key *other = key_new(2);
	struct str good = sign(arena, key, "{\"a\":1,\"b\":\"\xC3\xA9\"}");
	struct str public_key = public_of(arena, key);
	/* Signatures and unsigned do not count, nor does the order of members. */
	struct str text = arena_printf(arena,
		"{\"unsigned\":{\"x\":1.5},\"b\":\"\\u00e9\",\"a\":1,\"signatures\":{\"@me:here\":"
		"{\"ed25519:KEY\":\"%.*s\",\"other:KEY\":\"x\"}}}",
		STR_FMT(good));
	const struct json *object = parse(arena, text);
	struct str found = key_signature_find(object, ME, STR("KEY"));
	assert_true(str_eq(found, good));
	assert_true(key_signature_ok(arena, object, public_key, found));
	assert_null(key_signature_find(object, ME, STR("OTHER")).p);
	assert_null(key_signature_find(object, STR("@x:here"), STR("KEY")).p);

	assert_false(key_signature_ok(arena, object, public_of(arena, other), found));
	assert_false(key_signature_ok(arena, object, public_key, sign(arena, key, "{\"a\":1}")));
	assert_false(key_signature_ok(arena, parse(arena, STR("{\"a\":1}")), public_key, good));
	assert_false(key_signature_ok(arena, object, public_key, STR("")));
	assert_false(key_signature_ok(arena, object, public_key, STR("!")));
	assert_false(key_signature_ok(arena, object, STR("short"), good));
	assert_false(key_signature_ok(arena, object, STR_EMPTY, good));
	/* What has no canonical text cannot have been signed. */
	assert_false(key_signature_ok(arena, parse(arena, STR("{\"a\":1.5}")), public_key, good));
	ed25519_key_free(&key);
	ed25519_key_free(&other);
}

static void test_device_keys(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{"{\"user_id\":\"@me:here\",\"device_id\":\"D\",\"algorithms\":[\"a\"],\"keys\":"
		 "{\"ed25519:D\":\"x\"},\"signatures\":{\"@me:here\":{\"ed25519:D\":\"s\"}}}",
			true},
		{"{\"user_id\":\"@me:here\",\"device_id\":\"D\",\"algorithms\":[],\"keys\":{},"
		 "\"signatures\":{}}",
			true},
		{"{\"user_id\":\"@you:here\",\"device_id\":\"D\",\"algorithms\":[],\"keys\":{},"
		 "\"signatures\":{}}",
			false},
		{"{\"user_id\":\"@me:here\",\"device_id\":\"E\",\"algorithms\":[],\"keys\":{},"
		 "\"signatures\":{}}",
			false},
		{"{\"user_id\":\"@me:here\",\"device_id\":\"D\",\"algorithms\":[3],\"keys\":{},"
		 "\"signatures\":{}}",
			false},
		{"{\"user_id\":\"@me:here\",\"device_id\":\"D\",\"algorithms\":[],\"keys\":"
		 "{\"ed25519:E\":\"x\"},\"signatures\":{}}",
			false},
		{"{\"user_id\":\"@me:here\",\"device_id\":\"D\",\"algorithms\":[],\"keys\":"
		 "{\"ed25519:D\":{}},\"signatures\":{}}",
			false},
		{"{\"user_id\":\"@me:here\",\"device_id\":\"D\",\"algorithms\":[],\"keys\":{},"
		 "\"signatures\":{\"@me:here\":{\"x\":1}}}",
			false},
		{"{\"user_id\":\"@me:here\",\"device_id\":\"D\",\"algorithms\":[],\"keys\":{}}",
			false},
		{"[]", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ARENA_SCOPE(arena);
		const char *fault =
			key_device_fault(parse(arena, str_c(cases[i].text)), ME, STR("D"));
		if ((fault == NULL) != cases[i].ok)
			fail_msg("%s: %s", cases[i].text, fault == NULL ? "passes" : fault);
	}
}

#define KEY32 "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

static void test_cross_signing_keys(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
		{"{\"user_id\":\"@me:here\",\"usage\":[\"master\"],\"keys\":{\"ed25519:" KEY32
		 "\":\"" KEY32 "\"}}",
			true},
		{"{\"user_id\":\"@me:here\",\"usage\":[\"x\",\"master\"],\"keys\":{\"ed25519:" KEY32
		 "\":\"" KEY32 "\"},\"signatures\":{}}",
			true},
		{"{\"user_id\":\"@me:here\",\"usage\":[\"self_signing\"],\"keys\":{\"ed25519:" KEY32
		 "\":\"" KEY32 "\"}}",
			false},
		{"{\"user_id\":\"@me:here\",\"usage\":[\"master\"],\"keys\":{\"ed25519:D\":\"" KEY32
		 "\"}}",
			false},
		{"{\"user_id\":\"@me:here\",\"usage\":[\"master\"],\"keys\":{\"ed25519:AQ\":"
		 "\"AQ\"}}",
			false},
		{"{\"user_id\":\"@me:here\",\"usage\":[\"master\"],\"keys\":{\"rsa:" KEY32
		 "\":\"" KEY32 "\"}}",
			false},
		{"{\"user_id\":\"@me:here\",\"usage\":[\"master\"],\"keys\":{\"ed25519:" KEY32
		 "\":\"" KEY32 "\",\"ed25519:x\":\"x\"}}",
			false},
		{"{\"user_id\":\"@me:here\",\"usage\":[\"master\"],\"keys\":{}}", false},
		{"{\"user_id\":\"@me:here\",\"keys\":{}}", false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ARENA_SCOPE(arena);
		struct str public_key = STR_EMPTY;
		const char *fault = key_cross_signing_fault(
			parse(arena, str_c(cases[i].text)), ME, KEY_USAGE_MASTER, &public_key);
		if ((fault == NULL) != cases[i].ok)
			fail_msg("%s: %s", cases[i].text, fault == NULL ? "passes" : fault);
		if (cases[i].ok)
			check_str(public_key, KEY32);
	}
}

/* Stored signatures and added ones come out together, each once. */
static void test_write(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	struct key_signature items[] = {
		{STR("K"), STR("@me:here"), STR("NEW"), STR("n")},
		{STR("K"), STR("@me:here"), STR("OLD"), STR("again")},
		{STR("K"), STR("@you:here"), STR("U"), STR("u")},
		{STR("L"), STR("@me:here"), STR("X"), STR("x")},
	};
	struct key_signature_list added = {items, ARRAY_LEN(items)};
	BUF_SCOPE(text, 4096);
	struct json_writer w;
	jw_init(&w, &text);
	check_ok(key_write(arena, &w,
		STR("{\"a\":1,\"signatures\":{\"@me:here\":{\"ed25519:OLD\":\"o\"}}}"), STR("K"),
		&added, STR("Phone")));
	check_str(buf_str(&text),
		"{\"a\":1,\"signatures\":{\"@me:here\":{\"ed25519:OLD\":\"o\",\"ed25519:NEW\":"
		"\"n\"},"
		"\"@you:here\":{\"ed25519:U\":\"u\"}},\"unsigned\":{\"device_display_name\":"
		"\"Phone\"}}");
}

static void test_names(void **state)
{
	(void)state;
	struct str algorithm;
	struct str id;
	assert_true(key_name_split(STR("signed_curve25519:AAAA:B"), &algorithm, &id));
	check_str(algorithm, "signed_curve25519");
	check_str(id, "AAAA:B");
	assert_false(key_name_split(STR("x"), &algorithm, &id));
	assert_false(key_name_split(STR(":x"), &algorithm, &id));
	assert_false(key_name_split(STR("x:"), &algorithm, &id));
	assert_false(key_name_split(STR(""), &algorithm, &id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_device_keys),
		cmocka_unit_test(test_cross_signing_keys),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
