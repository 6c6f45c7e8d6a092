/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/imap_response.h"

#include "common/base/buf.h"
#include "common/crypto/base64.h"

#define QUOTED_MAX 16384

enum status imap_quote(struct arena *arena, struct str text, struct str *out)
{
	BUF_SCOPE(quoted, QUOTED_MAX);
	buf_append_byte(&quoted, '"');
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\r' || c == '\n' || c == '\0')
			return STATUS_INVALID;
		if (c == '"' || c == '\\')
			buf_append_byte(&quoted, '\\');
		buf_append_byte(&quoted, c);
	}
	buf_append_byte(&quoted, '"');
	*out = arena_str(arena, buf_str(&quoted));
	return buf_status(&quoted);
}

static uint32_t code_point(struct str sequence)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *p = (const unsigned char *)sequence.p;
	uint32_t c = p[0] & (uint32_t)masks[sequence.n];
	for (size_t i = 1; i < sequence.n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

static void append_utf16(struct buf *out, uint32_t c)
{
	uint32_t units[2] = {c, 0};
	size_t count = 1;
	if (c >= 0x10000) {
		units[0] = 0xd800 + ((c - 0x10000) >> 10);
		units[1] = 0xdc00 + ((c - 0x10000) & 0x3ff);
		count = 2;
	}
	for (size_t i = 0; i < count; i++) {
		buf_append_byte(out, (char)(units[i] >> 8));
		buf_append_byte(out, (char)(units[i] & 0xff));
	}
}

/* What is not ASCII is base64 over UTF-16, with ',' for '/', between '&' and '-'. */
static void append_encoded(struct arena *arena, struct buf *out, struct buf *utf16)
{
	if (utf16->n == 0)
		return;
	struct str code = base64_encode(arena, buf_str(utf16), BASE64_UNPADDED);
	buf_append_byte(out, '&');
	for (size_t i = 0; i < code.n; i++)
		buf_append_byte(out, code.p[i] == '/' ? ',' : code.p[i]);
	buf_append_byte(out, '-');
	buf_clear(utf16);
}

enum status imap_quote_folder(struct arena *arena, struct str name, struct str *out)
{
	BUF_SCOPE(encoded, QUOTED_MAX);
	BUF_SCOPE(utf16, QUOTED_MAX);
	if (!str_is_utf8(name))
		return STATUS_INVALID;
	while (name.n > 0) {
		size_t n = str_utf8_first(name);
		struct str sequence = str_slice(name, 0, n);
		name = str_skip(name, n);
		if (n > 1) {
			append_utf16(&utf16, code_point(sequence));
			continue;
		}
		append_encoded(arena, &encoded, &utf16);
		buf_append(&encoded, sequence);
		if (sequence.p[0] == '&')
			buf_append_byte(&encoded, '-');
	}
	append_encoded(arena, &encoded, &utf16);
	if (buf_status(&encoded) != STATUS_OK)
		return STATUS_TOO_LARGE;
	return imap_quote(arena, buf_str(&encoded), out);
}
