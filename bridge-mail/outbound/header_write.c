/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/outbound/header_write.h"

#include <time.h>

#include "common/base/arena.h"
#include "common/crypto/base64.h"

#define LINE_MAX_CHARS	76
#define ENCODED_BYTES	36 /* of text in one encoded word: 60 characters */
#define WORD_MAX	60 /* a longer one is encoded, so that it can be cut */
#define TEXT_MAX	8192
#define MAX_ADDRESS	254
#define SEGMENT_CHARS	54 /* of a parameter's value on one line */
#define FIRST_NOT_ASCII 0x80

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* One line of valid UTF-8 without control characters, C1 included. */
static void clean(struct buf *out, struct str text)
{
	text = str_slice(text, 0, TEXT_MAX);
	while (text.n > 0) {
		size_t n = str_utf8_first(text);
		unsigned char c = (unsigned char)text.p[0];
		bool c1 = n == 2 && c == 0xc2 && (unsigned char)text.p[1] < 0xa0;
		if (n == 0)
			buf_append_byte(out, '?');
		else if (is_control(c) || c1)
			buf_append_byte(out, ' ');
		else
			buf_append(out, str_slice(text, 0, n));
		text = str_skip(text, n == 0 ? 1 : n);
	}
}

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= FIRST_NOT_ASCII)
			return false;
	return true;
}

/* Whether a reader would take it for what it says. */
static bool is_plain(struct str text)
{
	struct str rest = text, word;
	if (!is_ascii(text) || str_find(text, STR("=?")) >= 0)
		return false;
	while (str_cut(&rest, ' ', &word))
		if (word.n > WORD_MAX)
			return false;
	return true;
}

/* Whole characters each, as some readers decode word by word. */
static void write_encoded(struct buf *out, struct str text)
{
	ARENA_SCOPE(arena);
	bool first = true;
	while (text.n > 0) {
		size_t n = 0;
		while (n < text.n) {
			size_t one = str_utf8_first(str_skip(text, n));
			if (one == 0 || n + one > ENCODED_BYTES)
				break;
			n += one;
		}
		if (n == 0)
			return;
		struct str code = base64_encode(arena, str_slice(text, 0, n), BASE64_PADDED);
		buf_printf(out, "%s=?UTF-8?B?%.*s?=", first ? "" : "\r\n ", STR_FMT(code));
		text = str_skip(text, n);
		first = false;
	}
}

static void write_folded(struct buf *out, size_t column, struct str text)
{
	struct str word;
	bool first = true;
	while (str_cut(&text, ' ', &word)) {
		if (!first && word.n > 0 && column + 1 + word.n > LINE_MAX_CHARS) {
			buf_append_c(out, "\r\n ");
			column = 1;
		} else if (!first) {
			buf_append_byte(out, ' ');
			column++;
		}
		buf_append(out, word);
		column += word.n;
		first = false;
	}
}

/* A line of nothing but spaces would end the headers for some. */
static struct str single_spaces(struct arena *arena, struct str text)
{
	BUF_SCOPE(cleaned, 2 * (size_t)TEXT_MAX);
	clean(&cleaned, text);
	char *out = arena_c_str(arena, buf_str(&cleaned));
	size_t n = 0;
	for (size_t i = 0; i < cleaned.n; i++)
		if (out[i] != ' ' || (n > 0 && out[n - 1] != ' '))
			out[n++] = out[i];
	return str_trim(str_n(out, n));
}

void header_text(struct buf *out, const char *name, struct str text)
{
	ARENA_SCOPE(arena);
	struct str value = single_spaces(arena, text);
	buf_printf(out, "%s: ", name);
	if (is_plain(value))
		write_folded(out, strlen(name) + 2, value);
	else
		write_encoded(out, value);
	buf_append_c(out, "\r\n");
}

static bool is_atom(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			      (unsigned char)c >= FIRST_NOT_ASCII;
		bool digit = c >= '0' && c <= '9';
		if (!letter && !digit && (c == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL))
			return false;
	}
	return text.n > 0;
}

static bool is_dot_atom(struct str text)
{
	struct str part;
	while (str_cut(&text, '.', &part))
		if (!is_atom(part))
			return false;
	return true;
}

bool header_address_ok(struct str address)
{
	ptrdiff_t at = str_rindex(address, '@');
	if (at <= 0 || address.n > MAX_ADDRESS || !str_is_utf8(address))
		return false;
	return is_dot_atom(str_slice(address, 0, (size_t)at)) &&
	       is_dot_atom(str_skip(address, (size_t)at + 1));
}

static void write_display_name(struct buf *out, struct str name)
{
	if (!is_plain(name) || name.n > WORD_MAX) {
		write_encoded(out, name);
		return;
	}
	buf_append_byte(out, '"');
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == '"' || name.p[i] == '\\')
			buf_append_byte(out, '\\');
		buf_append_byte(out, name.p[i]);
	}
	buf_append_byte(out, '"');
}

void header_addresses(
	struct buf *out, const char *name, const struct mail_address *list, size_t count)
{
	ARENA_SCOPE(arena);
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		if (!header_address_ok(list[i].address))
			continue;
		if (any)
			buf_append_c(out, ",\r\n ");
		else
			buf_printf(out, "%s: ", name);
		any = true;
		struct str display = single_spaces(arena, list[i].name);
		if (display.n > 0) {
			write_display_name(out, display);
			buf_append_c(out, display.n > 20 ? "\r\n " : " ");
		}
		buf_printf(out, "<%.*s>", STR_FMT(list[i].address));
	}
	if (any)
		buf_append_c(out, "\r\n");
}

static bool id_ok(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (is_control((unsigned char)id.p[i]) || strchr(" <>", id.p[i]) != NULL)
			return false;
	return id.n > 0 && str_is_utf8(id);
}

void header_ids(struct buf *out, const char *name, const struct str *ids, size_t count)
{
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		if (!id_ok(ids[i]))
			continue;
		if (any)
			buf_append_c(out, "\r\n ");
		else
			buf_printf(out, "%s: ", name);
		any = true;
		buf_printf(out, "<%.*s>", STR_FMT(ids[i]));
	}
	if (any)
		buf_append_c(out, "\r\n");
}

void header_date(struct buf *out, int64_t ms)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(ms / 1000);
	struct tm t;
	if (gmtime_r(&seconds, &t) == NULL)
		return;
	buf_printf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n", days + 3L * t.tm_wday,
		t.tm_mday, months + 3L * t.tm_mon, t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static bool is_attribute_char(char c)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return letter || (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$&+-.^_`|~", c) != NULL);
}

/* Segments are cut between characters as they are written, never inside %XX. */
static void write_extended(struct buf *out, const char *name, struct str value)
{
	size_t column = SEGMENT_CHARS + 1;
	unsigned segment = 0;
	for (size_t i = 0; i < value.n; i++) {
		if (column + 3 > SEGMENT_CHARS) {
			buf_printf(out, ";\r\n %s*%u*=%s", name, segment,
				segment == 0 ? "UTF-8''" : "");
			segment++;
			column = 0;
		}
		char c = value.p[i];
		if (is_attribute_char(c)) {
			buf_append_byte(out, c);
			column++;
		} else {
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)c);
			column += 3;
		}
	}
}

void header_parameter(struct buf *out, const char *name, struct str value)
{
	ARENA_SCOPE(arena);
	struct str text = single_spaces(arena, value);
	bool quotes = str_index(text, '"') >= 0 || str_index(text, '\\') >= 0;
	if (is_ascii(text) && text.n <= SEGMENT_CHARS && !quotes)
		buf_printf(out, ";\r\n %s=\"%.*s\"", name, STR_FMT(text));
	else
		write_extended(out, name, text);
}
