/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/charset.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>

#define NAME_MAX_BYTES 40
#define REPLACEMENT    STR("\xef\xbf\xbd")

/* A name that is one: no "//TRANSLIT", no path. Latin-1 is read as its superset, as browsers do. */
static bool charset_name(const char *charset, char out[NAME_MAX_BYTES + 1])
{
	size_t n = charset == NULL ? 0 : strlen(charset);
	if (n == 0 || n > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)charset[i];
		if (!isalnum(c) && strchr("-_.:", c) == NULL)
			return false;
		out[i] = (char)tolower(c);
	}
	out[n] = '\0';
	if (strcmp(out, "iso-8859-1") == 0 || strcmp(out, "us-ascii") == 0 ||
		strcmp(out, "ascii") == 0 || strcmp(out, "latin1") == 0)
		memcpy(out, "windows-1252", sizeof("windows-1252"));
	return true;
}

static void convert(iconv_t converter, struct str bytes, struct buf *out)
{
	char chunk[4096];
	char *in = (char *)(uintptr_t)bytes.p; /* iconv does not write to it */
	size_t in_left = bytes.n;
	while (in_left > 0 && !out->overflow) {
		char *to = chunk;
		size_t to_left = sizeof(chunk);
		size_t result = iconv(converter, &in, &in_left, &to, &to_left);
		int error = errno;
		buf_append(out, str_n(chunk, (size_t)(to - chunk)));
		if (result == (size_t)-1 && error != E2BIG) {
			buf_append(out, REPLACEMENT);
			if (error == EINVAL) /* the text ends within a character */
				return;
			in++;
			in_left--;
			iconv(converter, NULL, NULL, NULL, NULL);
		}
	}
}

/* Bytes of the character at the start, 1 when it is none. */
static size_t character_length(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	if (c < 0xc0)
		return 1;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* The C library lets through what RFC 3629 forbids: surrogates, and more than U+10FFFF. */
static void append_valid(struct buf *out, struct str text)
{
	if (str_is_utf8(text)) {
		buf_append(out, text);
		return;
	}
	while (text.n > 0 && !out->overflow) {
		struct str character = str_slice(text, 0, character_length(text));
		bool valid = str_is_utf8(character);
		buf_append(out, valid ? character : REPLACEMENT);
		text = str_skip(text, valid ? character.n : 1);
	}
}

void charset_to_utf8(struct str bytes, const char *charset, struct buf *out)
{
	char name[NAME_MAX_BYTES + 1];
	bool named = charset_name(charset, name);
	bool stateful = named && (strncmp(name, "iso-2022", 8) == 0 || strcmp(name, "hz") == 0 ||
					 strncmp(name, "utf-7", 5) == 0);
	bool wide = named && (strncmp(name, "utf-16", 6) == 0 || strncmp(name, "utf-32", 6) == 0 ||
				     strncmp(name, "ucs", 3) == 0);
	if (!stateful && !wide && str_is_utf8(bytes)) {
		buf_append(out, bytes);
		return;
	}
	iconv_t converter = named ? iconv_open("UTF-8", name) : (iconv_t)-1;
	if (converter == (iconv_t)-1)
		converter = iconv_open("UTF-8", "windows-1252");
	if (converter == (iconv_t)-1)
		return;
	BUF_SCOPE(converted, out->max);
	convert(converter, bytes, &converted);
	iconv_close(converter);
	append_valid(out, buf_str(&converted));
}

void charset_clean(struct str text, struct buf *out)
{
	size_t start = 0;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if ((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t')
			continue;
		buf_append(out, str_slice(text, start, i - start));
		start = i + 1;
		/* CR LF gives its LF; a CR alone was a line's end once. */
		if (c == '\r' && (i + 1 == text.n || text.p[i + 1] != '\n'))
			buf_append_byte(out, '\n');
	}
	buf_append(out, str_skip(text, start));
}

const char *charset_of_html(struct arena *arena, struct str html)
{
	struct str head = str_slice(html, 0, 2048);
	for (size_t i = 0; i + 8 < head.n; i++) {
		struct str rest = str_skip(head, i);
		if (!str_eq_nocase(str_slice(rest, 0, 8), STR("charset=")))
			continue;
		rest = str_skip(rest, 8);
		if (rest.n > 0 && (rest.p[0] == '"' || rest.p[0] == '\''))
			rest = str_skip(rest, 1);
		size_t n = 0;
		while (n < rest.n &&
			(isalnum((unsigned char)rest.p[n]) || rest.p[n] == '-' || rest.p[n] == '_'))
			n++;
		return arena_c_str(arena, str_slice(rest, 0, n));
	}
	return NULL;
}
