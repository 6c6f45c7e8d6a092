/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/api/guest_link.h"

#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"

#define NONCE_CHARACTERS    16
#define IDENTITY_CHARACTERS 16

static struct str mac_of(struct arena *arena, struct str key, struct str text)
{
	uint8_t mac[SHA256_BYTES];
	hmac_sha256(key, text, mac);
	return base64_encode(arena, str_n((const char *)mac, sizeof(mac)), BASE64_URL_UNPADDED);
}

/* Neither a meeting's id nor the rest holds a line feed. */
static struct str link_mac(
	struct arena *arena, struct str key, struct str meeting_id, struct str signed_part)
{
	return mac_of(arena, key,
		arena_printf(arena, "parvis guest link\n%.*s\n%.*s", STR_FMT(meeting_id),
			STR_FMT(signed_part)));
}

struct str guest_link_make(
	struct arena *arena, struct str key, struct str meeting_id, int64_t expires_ms)
{
	struct str nonce = secret_token(arena, NONCE_CHARACTERS);
	struct str part = arena_printf(arena, "%lld.%.*s", (long long)expires_ms, STR_FMT(nonce));
	struct str mac = link_mac(arena, key, meeting_id, part);
	return arena_printf(arena, "%.*s.%.*s", STR_FMT(part), STR_FMT(mac));
}

enum status guest_link_check(
	struct str key, struct str meeting_id, struct str secret, int64_t now_ms)
{
	ARENA_SCOPE(arena);
	ptrdiff_t dot = str_rindex(secret, '.');
	int64_t expires_ms;
	if (secret.n > GUEST_SECRET_MAX || dot < 0)
		return STATUS_INVALID;
	struct str part = str_slice(secret, 0, (size_t)dot);
	struct str mac = str_skip(secret, (size_t)dot + 1);
	if (!secret_equal(mac, link_mac(arena, key, meeting_id, part)))
		return STATUS_INVALID;
	struct str rest = part, expires;
	if (!str_cut(&rest, '.', &expires) || str_to_i64(expires, &expires_ms) != STATUS_OK)
		return STATUS_INVALID;
	return now_ms < expires_ms ? STATUS_OK : STATUS_TIMEOUT;
}

struct str guest_link_identity(
	struct arena *arena, struct str key, struct str secret, struct str device_id)
{
	struct str name =
		device_id.n == 0 ? secret_token(arena, IDENTITY_CHARACTERS)
				 : str_slice(mac_of(arena, key,
						     arena_printf(arena, "parvis guest\n%.*s\n%.*s",
							     STR_FMT(secret), STR_FMT(device_id))),
					   0, IDENTITY_CHARACTERS);
	return arena_printf(arena, "guest:%.*s", STR_FMT(name));
}
