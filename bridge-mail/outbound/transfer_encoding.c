/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/transfer_encoding.h"

#include "common/base/arena.h"
#include "common/crypto/base64.h"

#define LINE_CHARS   76
#define BASE64_BYTES 57 /* make one line */

/* Whether the byte may stand for itself at this column of a line. */
static bool is_literal(struct str line, size_t i, size_t column)
{
	unsigned char c = (unsigned char)line.p[i];
	if (c == ' ' || c == '\t')
		return i + 1 < line.n;
	/* A dot alone ends a mail for a server that forgets its own rules. */
	return c > 0x20 && c < 0x7f && c != '=' && (c != '.' || column > 0);
}

static void write_line(struct buf *out, struct str line)
{
	size_t column = 0;
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			continue;
		bool literal = is_literal(line, i, column);
		size_t width = literal ? 1 : 3;
		/* One place is kept for the '=' of a soft line end. */
		if (column + width > LINE_CHARS - 1) {
			buf_append_c(out, "=\r\n");
			column = 0;
			literal = is_literal(line, i, column);
			width = literal ? 1 : 3;
		}
		if (literal)
			buf_append_byte(out, line.p[i]);
		else
			buf_printf(out, "=%02X", (unsigned)c);
		column += width;
	}
	buf_append_c(out, "\r\n");
}

void transfer_quoted_printable(struct buf *out, struct str text)
{
	while (text.n > 0) {
		size_t n = 0;
		while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
			n++;
		write_line(out, str_slice(text, 0, n));
		bool crlf = n + 1 < text.n && text.p[n] == '\r' && text.p[n + 1] == '\n';
		text = str_skip(text, n + (crlf ? 2 : 1));
	}
}

void transfer_base64(struct buf *out, struct str bytes)
{
	ARENA_SCOPE(arena);
	for (size_t at = 0; at < bytes.n; at += BASE64_BYTES) {
		buf_append(out,
			base64_encode(arena, str_slice(bytes, at, BASE64_BYTES), BASE64_PADDED));
		buf_append_c(out, "\r\n");
	}
}
