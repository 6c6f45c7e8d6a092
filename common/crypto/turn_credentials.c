/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto/turn_credentials.h"

#include <inttypes.h>

#include "common/crypto/base64.h"
#include "common/crypto/hmac_sha1.h"

struct turn_credentials turn_credentials_make(
	struct arena *arena, struct str secret, struct str user, int64_t until_s)
{
	uint8_t mac[HMAC_SHA1_BYTES];
	struct str name = arena_printf(arena, "%" PRId64 ":%.*s", until_s, STR_FMT(user));
	hmac_sha1(secret, name, mac);
	struct str password =
		base64_encode(arena, str_n((const char *)mac, sizeof(mac)), BASE64_PADDED);
	return (struct turn_credentials){name, arena_str(arena, password)};
}
