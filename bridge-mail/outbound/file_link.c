/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/file_link.h"

#include "common/base/buf.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"

#define SEAL_CHARS   22
#define NUMBER_CHARS 15

static struct str seal_of(struct arena *arena, struct str secret, struct str link, struct str end)
{
	BUF_SCOPE(text, 256);
	buf_printf(&text, "file%c%.*s%c%.*s", 0, STR_FMT(link), 0, STR_FMT(end));
	uint8_t hash[SHA256_BYTES];
	hmac_sha256(secret, buf_str(&text), hash);
	return str_slice(
		base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_URL_UNPADDED),
		0, SEAL_CHARS);
}

struct str file_link_token(
	struct arena *arena, struct str secret, int64_t link_id, int64_t expires_at)
{
	struct str link = arena_printf(arena, "%llx", (unsigned long long)link_id);
	struct str end = arena_printf(arena, "%llx", (unsigned long long)(expires_at / 1000));
	return arena_printf(arena, "%.*s.%.*s.%.*s", STR_FMT(link), STR_FMT(end),
		STR_FMT(seal_of(arena, secret, link, end)));
}

static bool read_number(struct str text, int64_t *out)
{
	int64_t value = 0;
	if (text.n == 0 || text.n > NUMBER_CHARS)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool digit = c >= '0' && c <= '9';
		if (!digit && (c < 'a' || c > 'f'))
			return false;
		value = value * 16 + (digit ? c - '0' : c - 'a' + 10);
	}
	*out = value;
	return true;
}

bool file_link_read(
	struct str secret, struct str token, int64_t *link_id_out, int64_t *expires_at_out)
{
	struct str link, end, rest = token;
	int64_t seconds;
	if (!str_cut(&rest, '.', &link) || !str_cut(&rest, '.', &end) || rest.n != SEAL_CHARS ||
		!read_number(link, link_id_out) || !read_number(end, &seconds) ||
		seconds > INT64_MAX / 1000)
		return false;
	ARENA_SCOPE(arena);
	*expires_at_out = seconds * 1000;
	return secret_equal(rest, seal_of(arena, secret, link, end));
}
