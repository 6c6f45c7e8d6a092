/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/third_party_sign.h"

#include "common/crypto/base64.h"
#include "common/crypto/ed25519.h"
#include "common/json/canonical.h"

#define SIGNED_MAX_BYTES   4096
#define MAX_SIGNATURES_TRY 16

static bool key_read(struct arena *arena, struct str text, struct str *out)
{
	return (base64_decode(arena, text, BASE64_UNPADDED, out) == STATUS_OK ||
		       base64_decode(arena, text, BASE64_URL_UNPADDED, out) == STATUS_OK) &&
	       out->n == ED25519_PUBLIC_BYTES;
}

static bool is_signed(
	struct arena *arena, struct str key, const struct json *value, struct str text)
{
	struct str signature;

	return base64_decode(arena, json_str(value), BASE64_UNPADDED, &signature) == STATUS_OK &&
	       signature.n == ED25519_SIGNATURE_BYTES &&
	       ed25519_verify((const uint8_t *)key.p, text, (const uint8_t *)signature.p);
}

static bool any_is_by(
	struct arena *arena, struct str key, const struct json *signatures, struct str text)
{
	struct json_iter server = json_iter(signatures);
	unsigned tried = 0;

	while (json_next(&server)) {
		struct json_iter by_key = json_iter(server.value);

		while (json_next(&by_key)) {
			if (tried++ == MAX_SIGNATURES_TRY)
				return false;
			if (str_starts(by_key.key, STR("ed25519:")) &&
				is_signed(arena, key, by_key.value, text))
				return true;
		}
	}
	return false;
}

bool third_party_sign_ok(const struct json *signed_object, struct str public_key)
{
	static const char *const skip[] = {"signatures", "unsigned", NULL};
	ARENA_SCOPE(arena);
	BUF_SCOPE(text, SIGNED_MAX_BYTES);
	struct str key;

	return key_read(arena, public_key, &key) &&
	       canonical_write_without(signed_object, skip, &text) == STATUS_OK &&
	       any_is_by(arena, key, json_get(signed_object, "signatures"), buf_str(&text));
}
