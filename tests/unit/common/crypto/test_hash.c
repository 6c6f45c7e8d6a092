/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"

static void check_digest(const uint8_t digest[SHA256_BYTES], const char *expected_hex)
{
	ARENA_SCOPE(arena);

	check_str(hex_encode(arena, str_n((const char *)digest, SHA256_BYTES)), expected_hex);
}

/* FIPS 180-4's examples. */
static void sha256_of_the_standard(void **state)
{
	uint8_t digest[SHA256_BYTES];

	(void)state;
	sha256(STR_EMPTY, digest);
	check_digest(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256(STR("abc"), digest);
	check_digest(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), digest);
	check_digest(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void in_pieces_it_is_the_same(void **state)
{
	struct sha256_stream *stream = sha256_stream_new();
	uint8_t digest[SHA256_BYTES];
	char piece[1000];

	(void)state;
	memset(piece, 'a', sizeof(piece));
	for (int i = 0; i < 1000; i++) {
		sha256_stream_add(stream, str_n(piece, sizeof(piece)));
		sha256_stream_add(stream, STR_EMPTY);
	}
	sha256_stream_finish(&stream, digest);
	assert_null(stream);
	check_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* RFC 4231. */
static void hmac_of_the_rfc(void **state)
{
	uint8_t mac[SHA256_BYTES];
	char key[131];
	char data[50];

	(void)state;
	memset(key, 0x0b, 20);
	hmac_sha256(str_n(key, 20), STR("Hi There"), mac);
	check_digest(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	hmac_sha256(STR("Jefe"), STR("what do ya want for nothing?"), mac);
	check_digest(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	memset(data, 0xdd, sizeof(data));
	hmac_sha256(str_n(key, 20), str_n(data, sizeof(data)), mac);
	check_digest(mac, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	hmac_sha256(str_n(key, sizeof(key)),
		STR("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
	check_digest(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	hmac_sha256(STR_EMPTY, STR_EMPTY, mac);
	check_digest(mac, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_of_the_standard),
		cmocka_unit_test(in_pieces_it_is_the_same),
		cmocka_unit_test(hmac_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
