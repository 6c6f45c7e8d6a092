/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/thread/return_path.h"

#include "common/base/buf.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"

#define DETAIL	   "+bounce-"
#define SEAL_CHARS 16
#define LOCAL_MAX  64
#define MAX_INPUT  1024

static struct str seal_of(
	struct arena *arena, struct str secret, int64_t outgoing_id, struct str recipient)
{
	BUF_SCOPE(text, MAX_INPUT);
	buf_printf(&text, "return-path%c%llx%c", 0, (unsigned long long)outgoing_id, 0);
	for (size_t i = 0; i < recipient.n; i++) {
		char c = recipient.p[i];
		buf_append_byte(&text, c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c);
	}
	uint8_t hash[SHA256_BYTES];
	hmac_sha256(secret, buf_str(&text), hash);
	return hex_encode(arena, str_n((const char *)hash, SEAL_CHARS / 2));
}

struct str return_path_make(struct arena *arena, struct str secret, struct str mailbox,
	int64_t outgoing_id, struct str recipient)
{
	ptrdiff_t at = str_rindex(mailbox, '@');
	if (at <= 0)
		return mailbox;
	struct str local = str_slice(mailbox, 0, (size_t)at);
	struct str made = arena_printf(arena, "%.*s" DETAIL "%llx-%.*s", STR_FMT(local),
		(unsigned long long)outgoing_id,
		STR_FMT(seal_of(arena, secret, outgoing_id, recipient)));
	if (made.n > LOCAL_MAX)
		return mailbox;
	return arena_printf(
		arena, "%.*s%.*s", STR_FMT(made), STR_FMT(str_skip(mailbox, (size_t)at)));
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool return_path_read(struct str address, int64_t *outgoing_id_out, struct str *seal_out)
{
	ptrdiff_t at = str_rindex(address, '@');
	struct str local = str_slice(address, 0, at < 0 ? 0 : (size_t)at);
	ptrdiff_t plus = str_find(local, STR(DETAIL));
	if (plus < 0)
		return false;
	struct str rest = str_skip(local, (size_t)plus + sizeof(DETAIL) - 1), number;
	if (!str_cut(&rest, '-', &number) || rest.n != SEAL_CHARS || number.n == 0 || number.n > 15)
		return false;
	int64_t id = 0;
	for (size_t i = 0; i < number.n; i++) {
		int value = hex_value(number.p[i]);
		if (value < 0)
			return false;
		id = id * 16 + value;
	}
	*outgoing_id_out = id;
	*seal_out = rest;
	return true;
}

bool return_path_is_for(
	struct str secret, int64_t outgoing_id, struct str recipient, struct str seal)
{
	ARENA_SCOPE(arena);
	return secret_equal(seal, seal_of(arena, secret, outgoing_id, recipient));
}
