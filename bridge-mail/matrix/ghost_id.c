/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/ghost_id.h"

#include "common/base/buf.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/matrix/ids.h"

#define NAME_SUFFIX    " (courriel)"
#define HASH_CHARS     40
#define MAX_NAME_INPUT 4096

struct str ghost_address_key(struct arena *arena, struct str address)
{
	char *lower = arena_c_str(arena, address);
	for (size_t i = 0; i < address.n; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] - 'A' + 'a');
	return str_n(lower, address.n);
}

static bool is_kept(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("._/+-", c) != NULL);
}

struct str ghost_localpart(struct arena *arena, struct str address, struct str server_name)
{
	struct str key = ghost_address_key(arena, address);
	BUF_SCOPE(local, 4096);
	buf_append_c(&local, GHOST_PREFIX);
	for (size_t i = 0; i < key.n; i++) {
		if (is_kept(key.p[i]))
			buf_append_byte(&local, key.p[i]);
		else
			buf_printf(&local, "=%02x", (unsigned)(unsigned char)key.p[i]);
	}
	if (!local.overflow && local.n + server_name.n + 2 <= MATRIX_ID_MAX)
		return arena_str(arena, buf_str(&local));
	uint8_t hash[SHA256_BYTES];
	sha256(key, hash);
	struct str hex = hex_encode(arena, str_n((const char *)hash, sizeof(hash)));
	return arena_printf(arena, GHOST_PREFIX "=%.*s", HASH_CHARS, hex.p);
}

struct str ghost_user_id(struct arena *arena, struct str address, struct str server_name)
{
	return arena_printf(arena, "@%.*s:%.*s",
		STR_FMT(ghost_localpart(arena, address, server_name)), STR_FMT(server_name));
}

/* What stands behind the prefix; empty when it is no ghost. */
static struct str escaped_address(struct str user_id, struct str server_name)
{
	struct matrix_id id;
	if (user_id_parse(user_id, &id) != STATUS_OK || !str_eq(id.server, server_name) ||
		!str_starts(id.localpart, STR(GHOST_PREFIX)))
		return STR_EMPTY;
	return str_skip(id.localpart, sizeof(GHOST_PREFIX) - 1);
}

bool ghost_is_user(struct str user_id, struct str server_name)
{
	return escaped_address(user_id, server_name).n > 0;
}

enum status ghost_address(
	struct arena *arena, struct str user_id, struct str server_name, struct str *address_out)
{
	struct str from = escaped_address(user_id, server_name);
	BUF_SCOPE(address, MATRIX_ID_MAX);
	for (size_t i = 0; i < from.n; i++) {
		struct str byte;
		if (from.p[i] != '=') {
			buf_append_byte(&address, from.p[i]);
			continue;
		}
		if (hex_decode(arena, str_slice(from, i + 1, 2), &byte) != STATUS_OK || byte.n != 1)
			return STATUS_NOT_FOUND;
		buf_append_byte(&address, byte.p[0]);
		i += 2;
	}
	struct str result = arena_str(arena, buf_str(&address));
	/* One address has one user id: other spellings of it are nobody. */
	if (str_index(result, '@') <= 0 ||
		!str_eq(ghost_user_id(arena, result, server_name), user_id))
		return STATUS_NOT_FOUND;
	*address_out = result;
	return STATUS_OK;
}

/* U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: marks and overrides of direction. */
static bool is_direction(struct str sequence)
{
	const unsigned char *c = (const unsigned char *)sequence.p;
	if (sequence.n != 3 || c[0] != 0xe2)
		return false;
	return (c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xaa && c[2] <= 0xae))) ||
	       (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9);
}

struct str ghost_display_name(struct arena *arena, struct str name, struct str address)
{
	struct str from = str_trim(name).n > 0 ? str_trim(name) : address;
	BUF_SCOPE(clean, MAX_NAME_INPUT);
	while (from.n > 0) {
		size_t n = str_utf8_first(from);
		struct str sequence = str_slice(from, 0, n);
		if (n > 0 && (unsigned char)from.p[0] >= 0x20 && from.p[0] != 0x7f &&
			!is_direction(sequence)) {
			if (clean.n + n > GHOST_NAME_MAX - sizeof(NAME_SUFFIX))
				break;
			buf_append(&clean, sequence);
		}
		from = str_skip(from, n == 0 ? 1 : n);
	}
	return arena_printf(arena, "%.*s" NAME_SUFFIX, STR_FMT(buf_str(&clean)));
}
