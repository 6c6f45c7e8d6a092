/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/thread/token.h"

#include "common/base/buf.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"

#define PREFIX	     "pv1."
#define UNIQUE_CHARS 16
#define MAC_CHARS    22
#define MAX_INPUT    2048

/* base64url of the HMAC over the parts, NUL between them, cut to MAC_CHARS. */
static struct str mac(struct arena *arena, struct str secret, const struct str *parts, size_t count)
{
	BUF_SCOPE(text, MAX_INPUT);
	for (size_t i = 0; i < count; i++) {
		buf_append(&text, parts[i]);
		buf_append_byte(&text, '\0');
	}
	uint8_t hash[SHA256_BYTES];
	hmac_sha256(secret, buf_str(&text), hash);
	struct str encoded =
		base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_URL_UNPADDED);
	return str_slice(encoded, 0, MAC_CHARS);
}

static struct str message_id_mac(struct arena *arena, struct str secret, struct str thread_token,
	struct str unique, struct str domain)
{
	const struct str parts[] = {STR("message-id"), thread_token, unique, domain};
	return mac(arena, secret, parts, 4);
}

struct str token_message_id(struct arena *arena, struct str secret, struct str thread_token,
	struct str event_id, struct str domain)
{
	uint8_t hash[SHA256_BYTES];
	sha256(event_id, hash);
	struct str unique = str_slice(
		base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_URL_UNPADDED),
		0, UNIQUE_CHARS);
	struct str seal = message_id_mac(arena, secret, thread_token, unique, domain);
	return arena_printf(arena, PREFIX "%.*s.%.*s.%.*s@%.*s", STR_FMT(thread_token),
		STR_FMT(unique), STR_FMT(seal), STR_FMT(domain));
}

bool token_read(struct str secret, struct str message_id, struct str *thread_token_out)
{
	struct str token, unique, seal;
	if (message_id.n > MAX_INPUT / 4 || !str_starts(message_id, STR(PREFIX)))
		return false;
	ptrdiff_t at = str_rindex(message_id, '@');
	if (at < 0)
		return false;
	struct str domain = str_skip(message_id, (size_t)at + 1);
	struct str local = str_slice(message_id, 0, (size_t)at);
	local = str_skip(local, sizeof(PREFIX) - 1);
	if (!str_cut(&local, '.', &token) || !str_cut(&local, '.', &unique) ||
		!str_cut(&local, '.', &seal) || local.p != NULL)
		return false;
	ARENA_SCOPE(arena);
	if (!secret_equal(seal, message_id_mac(arena, secret, token, unique, domain)))
		return false;
	*thread_token_out = token;
	return true;
}

struct str token_loop_header(struct arena *arena, struct str secret, struct str message_id)
{
	const struct str parts[] = {STR("loop"), message_id};
	return mac(arena, secret, parts, 2);
}

bool token_is_loop_header(struct str secret, struct str message_id, struct str value)
{
	if (message_id.n > MAX_INPUT / 2)
		return false;
	ARENA_SCOPE(arena);
	return secret_equal(str_trim(value), token_loop_header(arena, secret, message_id));
}
