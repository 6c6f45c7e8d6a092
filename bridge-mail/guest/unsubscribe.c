/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/guest/unsubscribe.h"

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/secret.h"

#define MAC_CHARS      22
#define LINE_MAX_BYTES 60

static struct str mac(
	struct arena *arena, struct str secret, struct str room_token, struct str address)
{
	uint8_t hash[SHA256_BYTES];
	hmac_sha256(secret,
		arena_printf(arena, "unsubscribe%c%.*s%c%.*s", 0, STR_FMT(room_token), 0,
			STR_FMT(address)),
		hash);
	return str_slice(
		base64_encode(arena, str_n((const char *)hash, sizeof(hash)), BASE64_URL_UNPADDED),
		0, MAC_CHARS);
}

struct str unsubscribe_token(
	struct arena *arena, struct str secret, struct str room_token, struct str address)
{
	return arena_printf(arena, "%.*s.%.*s.%.*s", STR_FMT(room_token),
		STR_FMT(base64_encode(arena, address, BASE64_URL_UNPADDED)),
		STR_FMT(mac(arena, secret, room_token, address)));
}

enum status unsubscribe_read(struct arena *arena, struct str secret, struct str token,
	struct str *room_token_out, struct str *address_out)
{
	struct str rest = token, room, encoded, seal;
	if (token.n > UNSUBSCRIBE_TOKEN_MAX || !str_cut(&rest, '.', &room) ||
		!str_cut(&rest, '.', &encoded) || !str_cut(&rest, '.', &seal) || rest.p != NULL)
		return STATUS_INVALID;
	if (base64_decode(arena, encoded, BASE64_URL_UNPADDED, address_out) != STATUS_OK)
		return STATUS_INVALID;
	if (!secret_equal(seal, mac(arena, secret, room, *address_out)))
		return STATUS_INVALID;
	*room_token_out = room;
	return STATUS_OK;
}

/* Lower case, é as e, runs of white space as one space; what is none of these stays. */
static struct str fold(struct str line, char out[LINE_MAX_BYTES])
{
	size_t n = 0;
	for (size_t i = 0; i < line.n && n < LINE_MAX_BYTES; i++) {
		unsigned char c = (unsigned char)line.p[i];
		unsigned char next = i + 1 < line.n ? (unsigned char)line.p[i + 1] : 0;
		if (c == 0xc3 && (next == 0xa9 || next == 0x89)) {
			out[n++] = 'e';
			i++;
		} else if (c == ' ' || c == '\t') {
			if (n > 0 && out[n - 1] != ' ')
				out[n++] = ' ';
		} else {
			out[n++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
		}
	}
	while (n > 0 && strchr(" .!\r", out[n - 1]) != NULL)
		n--;
	return str_n(out, n);
}

static bool read_words(struct str line, struct guest_wish *out)
{
	static const struct {
		const char *words;
		bool stop;
		enum guest_delivery delivery;
	} rows[] = {
		{"stop", true, GUEST_AT_ONCE},
		{"stopper", true, GUEST_AT_ONCE},
		{"unsubscribe", true, GUEST_AT_ONCE},
		{"desabonner", true, GUEST_AT_ONCE},
		{"se desabonner", true, GUEST_AT_ONCE},
		{"digest day", false, GUEST_DAILY},
		{"digest hour", false, GUEST_HOURLY},
		{"digest off", false, GUEST_AT_ONCE},
		{"resume jour", false, GUEST_DAILY},
		{"resume heure", false, GUEST_HOURLY},
		{"resume non", false, GUEST_AT_ONCE},
	};
	char folded[LINE_MAX_BYTES];
	line = str_trim(line);
	if (line.n == 0 || line.n >= LINE_MAX_BYTES)
		return false;
	struct str words = fold(line, folded);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!str_eq_c(words, rows[i].words))
			continue;
		out->kind = rows[i].stop ? WISH_STOP : WISH_DELIVERY;
		out->delivery = rows[i].delivery;
		return true;
	}
	return false;
}

void guest_wish_read(struct str subject, struct str text, struct guest_wish *out)
{
	struct str word, rest = str_trim(subject), line = STR_EMPTY;
	*out = (struct guest_wish){0};
	if (str_cut(&rest, ' ', &word) && str_eq_nocase(word, STR("unsubscribe")) &&
		str_trim(rest).n > 0) {
		out->kind = WISH_STOP;
		out->token = str_trim(rest);
		return;
	}
	if (read_words(subject, out))
		return;
	rest = text;
	while (str_cut(&rest, '\n', &line))
		if (str_trim(line).n > 0)
			break;
	/* Something behind it, other than a quote or a signature: it is a message. */
	struct str next;
	struct guest_wish wish = {0};
	if (!read_words(line, &wish))
		return;
	while (str_cut(&rest, '\n', &next)) {
		struct str trimmed = str_trim(next);
		if (trimmed.n == 0)
			continue;
		bool quote = trimmed.p[0] == '>' || trimmed.p[0] == '-' ||
			     trimmed.p[trimmed.n - 1] == ':';
		if (!quote)
			return;
		break;
	}
	*out = wish;
}
