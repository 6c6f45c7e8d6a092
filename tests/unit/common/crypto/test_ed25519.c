/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/ed25519.h"
#include "common/crypto/hash.h"
#include "common/json/canonical.h"
#include "common/json/json.h"

static const uint8_t *unhex(struct arena *arena, const char *hex, size_t expected)
{
	struct str bytes;

	check_ok(hex_decode(arena, str_c(hex), &bytes));
	assert_int_equal(bytes.n, expected);
	return (const uint8_t *)bytes.p;
}

/* RFC 8032, section 7.1: tests 1, 2 and 3. */
static const struct {
	const char *seed, *public_key, *message, *signature;
} vectors[] = {
	{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
		"c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
		"458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
		"ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void signatures_of_the_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		ARENA_SCOPE(arena);
		const uint8_t *seed = unhex(arena, vectors[i].seed, ED25519_SEED_BYTES);
		const uint8_t *public_key =
			unhex(arena, vectors[i].public_key, ED25519_PUBLIC_BYTES);
		uint8_t signature[ED25519_SIGNATURE_BYTES];
		struct ed25519_key *key;
		struct str message;

		check_ok(hex_decode(arena, str_c(vectors[i].message), &message));
		check_ok(ed25519_key_new(seed, &key));
		assert_memory_equal(ed25519_public(key), public_key, ED25519_PUBLIC_BYTES);
		ed25519_sign(key, message, signature);
		assert_memory_equal(signature,
			unhex(arena, vectors[i].signature, ED25519_SIGNATURE_BYTES),
			ED25519_SIGNATURE_BYTES);
		assert_true(ed25519_verify(public_key, message, signature));
		ed25519_key_free(&key);
		assert_null(key);
		ed25519_key_free(&key);
	}
}

/* Matrix specification, appendices, "Cryptographic Test Vectors". */
static struct ed25519_key *matrix_key(struct arena *arena)
{
	struct ed25519_key *key;
	struct str seed;

	check_ok(base64_decode(
		arena, STR("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1"), BASE64_UNPADDED, &seed));
	assert_int_equal(seed.n, ED25519_SEED_BYTES);
	check_ok(ed25519_key_new((const uint8_t *)seed.p, &key));
	return key;
}

static struct str canonical(
	struct arena *arena, const char *text, const char *const *skip, struct buf *out)
{
	const struct json *value;

	check_ok(json_parse(arena, str_c(text), &value, NULL));
	buf_clear(out);
	check_ok(canonical_write_without(value, skip, out));
	return buf_str(out);
}

static void check_signed(const char *text, const char *expected_signature)
{
	static const char *const skip[] = {"signatures", "unsigned", NULL};

	ARENA_SCOPE(arena);
	BUF_SCOPE(out, 10000);
	struct ed25519_key *key = matrix_key(arena);
	uint8_t signature[ED25519_SIGNATURE_BYTES];

	ed25519_sign(key, canonical(arena, text, skip, &out), signature);
	check_str(base64_encode(arena, str_n((const char *)signature, sizeof(signature)),
			  BASE64_UNPADDED),
		expected_signature);
	ed25519_key_free(&key);
}

static void signed_json_of_the_matrix_specification(void **state)
{
	(void)state;
	check_signed("{}",
		"K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwY"
		"GYZzuHGZKM5ZAQ");
	check_signed("{\"one\": 1, \"two\": \"Two\"}",
		"KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvh"
		"JI+6Bw");
	/* The smallest event, hashed already; redaction would take nothing away from it. */
	check_signed(
		"{\"room_id\": \"!x:domain\", \"sender\": \"@a:domain\", \"origin\": \"domain\","
		"\"origin_server_ts\": 1000000, \"signatures\": {}, \"hashes\": {\"sha256\":"
		"\"5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos\"}, \"type\": \"X\","
		"\"content\": {}, \"prev_events\": [], \"auth_events\": [], \"depth\": 3,"
		"\"unsigned\": {\"age_ts\": 1000000}}",
		"KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQm"
		"a+lYAg");
}

static void check_hashed(const char *text, const char *expected_hash)
{
	static const char *const skip[] = {"signatures", "unsigned", "hashes", NULL};

	ARENA_SCOPE(arena);
	BUF_SCOPE(out, 10000);
	uint8_t digest[SHA256_BYTES];

	sha256(canonical(arena, text, skip, &out), digest);
	check_str(
		base64_encode(arena, str_n((const char *)digest, sizeof(digest)), BASE64_UNPADDED),
		expected_hash);
}

static void content_hashes_of_the_matrix_specification(void **state)
{
	(void)state;
	check_hashed(
		"{\"room_id\": \"!x:domain\", \"sender\": \"@a:domain\", \"origin\": \"domain\","
		"\"origin_server_ts\": 1000000, \"signatures\": {}, \"hashes\": {},"
		"\"type\": \"X\", \"content\": {}, \"prev_events\": [], \"auth_events\": [],"
		"\"depth\": 3, \"unsigned\": {\"age_ts\": 1000000}}",
		"5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos");
	check_hashed("{\"content\": {\"body\": \"Here is the message content\"},"
		     "\"event_id\": \"$0:domain\", \"origin\": \"domain\","
		     "\"origin_server_ts\": 1000000, \"type\": \"m.room.message\","
		     "\"room_id\": \"!r:domain\", \"sender\": \"@u:domain\", \"signatures\": {},"
		     "\"unsigned\": {\"age_ts\": 1000000}}",
		"onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g");
}

static void anything_else_does_not_verify(void **state)
{
	ARENA_SCOPE(arena);
	struct ed25519_key *key = matrix_key(arena);
	uint8_t public_key[ED25519_PUBLIC_BYTES];
	uint8_t signature[ED25519_SIGNATURE_BYTES];

	(void)state;
	memcpy(public_key, ed25519_public(key), sizeof(public_key));
	ed25519_sign(key, STR("message"), signature);
	assert_true(ed25519_verify(public_key, STR("message"), signature));
	assert_false(ed25519_verify(public_key, STR("messagf"), signature));
	assert_false(ed25519_verify(public_key, STR_EMPTY, signature));
	for (size_t i = 0; i < sizeof(signature); i++) {
		signature[i] ^= 1;
		assert_false(ed25519_verify(public_key, STR("message"), signature));
		signature[i] ^= 1;
	}
	public_key[0] ^= 1;
	assert_false(ed25519_verify(public_key, STR("message"), signature));
	memset(public_key, 0xff, sizeof(public_key));
	assert_false(ed25519_verify(public_key, STR("message"), signature));
	ed25519_key_free(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_of_the_rfc),
		cmocka_unit_test(signed_json_of_the_matrix_specification),
		cmocka_unit_test(content_hashes_of_the_matrix_specification),
		cmocka_unit_test(anything_else_does_not_verify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
