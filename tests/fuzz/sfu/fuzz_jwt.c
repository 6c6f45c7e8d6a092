/* SPDX-License-Identifier: Apache-2.0 */
/* A token as it comes; and the input as claims that are signed well, to get behind the door. */
#include <stdlib.h>

#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "sfu/signal/token.h"

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str signed_token(struct arena *arena, const struct token_key *key, struct str claims)
{
	uint8_t mac[SHA256_BYTES];
	struct str body = base64_encode(arena, claims, BASE64_URL_UNPADDED);
	struct str head = base64_encode(arena, STR("{\"alg\":\"HS256\"}"), BASE64_URL_UNPADDED);
	struct str part = arena_printf(arena, "%.*s.%.*s", STR_FMT(head), STR_FMT(body));
	hmac_sha256(key->secret, part, mac);
	struct str tail =
		base64_encode(arena, str_n((const char *)mac, sizeof(mac)), BASE64_URL_UNPADDED);
	return arena_printf(arena, "%.*s.%.*s", STR_FMT(part), STR_FMT(tail));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	const struct token_key key = {STR("parvis"), STR("a secret of some length")};
	struct str input = str_n((const char *)data, size);
	struct grants grants, again;
	const char *why;
	/* Nobody guesses a signature. */
	if (token_verify(arena, &key, input, NOW, &grants, &why) == STATUS_OK)
		abort();
	if (token_verify(arena, &key, signed_token(arena, &key, input), NOW, &grants, &why) !=
		STATUS_OK)
		return 0;
	/* Who may come in by it may by what we make of it. */
	struct str made = token_make(arena, &key, &grants, NOW);
	if (made.n <= TOKEN_MAX &&
		(token_verify(arena, &key, made, NOW, &again, &why) != STATUS_OK ||
			!str_eq(grants.identity, again.identity) ||
			!str_eq(grants.room, again.room)))
		abort();
	return 0;
}
