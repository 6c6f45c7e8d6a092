/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/client_html.h"

#include "bridge-mail/message/html_tree.h"
#include "bridge-mail/message/html_write.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define HTML_MAX_BYTES	((size_t)256 * 1024)
#define REFERENCE_MAX	10 /* characters of "&...;" */
#define CODE_POINT_MAX	0x10ffff
#define FIRST_PRINTABLE 0x20
#define FIRST_SURROGATE 0xd800
#define LAST_SURROGATE	0xdfff

static void append_code_point(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_append_byte(out, (char)c);
	} else if (c < 0x800) {
		buf_append_byte(out, (char)(0xc0 | (c >> 6)));
		buf_append_byte(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_append_byte(out, (char)(0xe0 | (c >> 12)));
		buf_append_byte(out, (char)(0x80 | ((c >> 6) & 0x3f)));
		buf_append_byte(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_append_byte(out, (char)(0xf0 | (c >> 18)));
		buf_append_byte(out, (char)(0x80 | ((c >> 12) & 0x3f)));
		buf_append_byte(out, (char)(0x80 | ((c >> 6) & 0x3f)));
		buf_append_byte(out, (char)(0x80 | (c & 0x3f)));
	}
}

static int digit_of(char c, unsigned base)
{
	int value = -1;
	if (c >= '0' && c <= '9')
		value = c - '0';
	else if (c >= 'a' && c <= 'f')
		value = c - 'a' + 10;
	else if (c >= 'A' && c <= 'F')
		value = c - 'A' + 10;
	return value < (int)base ? value : -1;
}

/* "#39" or "#x27"; 0 when it is no character that may stand in a text. */
static uint32_t numeric_reference(struct str name)
{
	bool hex = name.n > 2 && (name.p[1] == 'x' || name.p[1] == 'X');
	uint32_t value = 0;
	if (name.n < 2 || name.p[0] != '#')
		return 0;
	for (size_t i = hex ? 2 : 1; i < name.n; i++) {
		int digit = digit_of(name.p[i], hex ? 16 : 10);
		if (digit < 0 || value > CODE_POINT_MAX)
			return 0;
		value = value * (hex ? 16 : 10) + (uint32_t)digit;
	}
	bool surrogate = value >= FIRST_SURROGATE && value <= LAST_SURROGATE;
	bool fits = value >= FIRST_PRINTABLE && value <= CODE_POINT_MAX && !surrogate;
	return fits || value == '\n' ? value : 0;
}

static uint32_t named_reference(struct str name)
{
	static const struct {
		const char *name;
		uint32_t c;
	} rows[] = {
		{"apos", '\''},
		{"nbsp", 0xa0},
		{"hellip", 0x2026},
		{"ndash", 0x2013},
		{"mdash", 0x2014},
		{"rsquo", 0x2019},
		{"lsquo", 0x2018},
		{"laquo", 0xab},
		{"raquo", 0xbb},
		{"euro", 0x20ac},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq_c(name, rows[i].name))
			return rows[i].c;
	return 0;
}

static void append_character(struct buf *out, uint32_t c)
{
	switch (c) {
	case '<':
		buf_append_c(out, "&lt;");
		break;
	case '>':
		buf_append_c(out, "&gt;");
		break;
	case '&':
		buf_append_c(out, "&amp;");
		break;
	case '"':
		buf_append_c(out, "&quot;");
		break;
	default:
		append_code_point(out, c);
	}
}

/* Unknown references stay as they are. */
static void resolve_references(struct buf *out, struct str html)
{
	while (html.n > 0) {
		ptrdiff_t at = str_index(html, '&');
		struct str before = at < 0 ? html : str_slice(html, 0, (size_t)at);
		buf_append(out, before);
		html = str_skip(html, before.n);
		ptrdiff_t end = str_index(str_slice(html, 0, REFERENCE_MAX), ';');
		if (html.n == 0)
			break;
		struct str name = end > 1 ? str_slice(html, 1, (size_t)end - 1) : STR_EMPTY;
		uint32_t c = numeric_reference(name);
		if (c == 0)
			c = named_reference(name);
		if (c != 0) {
			append_character(out, c);
			html = str_skip(html, (size_t)end + 1);
		} else {
			buf_append_byte(out, '&');
			html = str_skip(html, 1);
		}
	}
}

struct str client_html(struct arena *arena, struct str formatted_body)
{
	BUF_SCOPE(resolved, HTML_MAX_BYTES);
	BUF_SCOPE(html, HTML_MAX_BYTES);
	bool rich = false;
	resolve_references(&resolved, formatted_body);
	if (buf_status(&resolved) != STATUS_OK)
		return STR_EMPTY;
	html_write_matrix(html_parse(arena, buf_str(&resolved)), &html, &rich);
	if (!rich || buf_status(&html) != STATUS_OK)
		return STR_EMPTY;
	return arena_str(arena, buf_str(&html));
}
