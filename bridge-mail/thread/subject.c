/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/thread/subject.h"

#include "common/base/mem.h"

#define MAX_TAG 60 /* bytes of "[...]" with its brackets */

static const struct {
	struct str word; /* folded */
	bool forward;
} prefixes[] = {
	{STR_INIT("re"), false},
	{STR_INIT("r\xc3\xa9"), false},
	{STR_INIT("rep"), false},
	{STR_INIT("r\xc3\xa9p"), false},
	{STR_INIT("r\xc3\xa9"
		  "f"),
		false},
	{STR_INIT("aw"), false},
	{STR_INIT("antw"), false},
	{STR_INIT("sv"), false},
	{STR_INIT("vs"), false},
	{STR_INIT("fw"), true},
	{STR_INIT("fwd"), true},
	{STR_INIT("tr"), true},
	{STR_INIT("wg"), true},
	{STR_INIT("i"), true},
	{STR_INIT("rv"), true},
	{STR_INIT("enc"), true},
};

/* Bytes of the white space at the start: ASCII, U+00A0, U+2007, U+2009, U+202F; 0 when none. */
static size_t space_at(struct str s)
{
	if (s.n == 0)
		return 0;
	unsigned char a = (unsigned char)s.p[0];
	if (a <= ' ')
		return 1;
	if (s.n >= 2 && a == 0xc2 && (unsigned char)s.p[1] == 0xa0)
		return 2;
	if (s.n >= 3 && a == 0xe2 && (unsigned char)s.p[1] == 0x80) {
		unsigned char c = (unsigned char)s.p[2];
		return c == 0x87 || c == 0x89 || c == 0xaf ? 3 : 0;
	}
	return 0;
}

static struct str skip_space(struct str s)
{
	for (size_t n; (n = space_at(s)) > 0;)
		s = str_skip(s, n);
	return s;
}

/* Lower case for ASCII, the Latin-1 letters and OE. */
static void fold(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		unsigned char next = i + 1 < n ? (unsigned char)p[i + 1] : 0;
		if (c >= 'A' && c <= 'Z')
			p[i] = (char)(c + ('a' - 'A'));
		else if (c == 0xc3 && next >= 0x80 && next <= 0x9e && next != 0x97)
			p[++i] = (char)(next + 0x20);
		else if (c == 0xc5 && next == 0x92)
			p[++i] = (char)0x93;
	}
}

/* "[2]", "(2)", "^2" behind a prefix. */
static struct str skip_counter(struct str s)
{
	if (s.n == 0 || strchr("[(^", s.p[0]) == NULL || s.p[0] == '\0')
		return s;
	char close = s.p[0] == '[' ? ']' : s.p[0] == '(' ? ')' : '\0';
	size_t n = 1;
	while (n < s.n && n < 5 && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	if (n == 1)
		return s;
	if (close == '\0')
		return str_skip(s, n);
	return n < s.n && s.p[n] == close ? str_skip(s, n + 1) : s;
}

/* Bytes of a colon, also the full-width one; 0 when there is none. */
static size_t colon_at(struct str s)
{
	if (str_starts(s, STR(":")))
		return 1;
	return str_starts(s, STR("\xef\xbc\x9a")) ? 3 : 0;
}

/* The folded word `word` at the start of s, which is not folded. */
static bool starts_folded(struct str s, struct str word)
{
	char copy[8];
	if (s.n < word.n || word.n > sizeof(copy))
		return false;
	memcpy(copy, s.p, word.n);
	fold(copy, word.n);
	return memcmp(copy, word.p, word.n) == 0;
}

static bool skip_prefix(struct str *s, struct subject *out)
{
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (!starts_folded(*s, prefixes[i].word))
			continue;
		struct str rest = skip_space(str_skip(*s, prefixes[i].word.n));
		rest = skip_space(skip_counter(rest));
		size_t colon = colon_at(rest);
		if (colon == 0)
			continue;
		*s = str_skip(rest, colon);
		if (prefixes[i].forward)
			out->forward = true;
		else
			out->reply = true;
		return true;
	}
	return false;
}

/* "[EXTERNE]", "[list-name]", "*** SPAM ***": dropped when something stands behind. */
static bool skip_tag(struct str *s)
{
	struct str rest = STR_EMPTY;
	if (str_starts(*s, STR("["))) {
		ptrdiff_t close = str_index(str_slice(*s, 0, MAX_TAG), ']');
		if (close > 0)
			rest = str_skip(*s, (size_t)close + 1);
	} else if (str_starts(*s, STR("***"))) {
		ptrdiff_t close = str_find(str_slice(str_skip(*s, 3), 0, MAX_TAG), STR("***"));
		if (close > 0)
			rest = str_skip(*s, (size_t)close + 6);
	}
	rest = skip_space(rest);
	if (rest.n == 0)
		return false;
	*s = rest;
	return true;
}

static struct str trim_end(struct str s)
{
	for (;;) {
		size_t n = s.n;
		for (size_t width = 1; width <= 3 && width <= s.n; width++)
			if (space_at(str_skip(s, s.n - width)) == width)
				n = s.n - width;
		if (n == s.n)
			return s;
		s.n = n;
	}
}

static struct str skip_trailer(struct str s)
{
	static const struct str trailer = STR_INIT("(fwd)");
	while (s.n > trailer.n && str_eq_nocase(str_skip(s, s.n - trailer.n), trailer))
		s = trim_end(str_slice(s, 0, s.n - trailer.n));
	return s;
}

/* Every run of white space becomes one space. */
static struct str collapse(struct arena *arena, struct str s)
{
	char *out = arena_alloc(arena, s.n + 1);
	size_t n = 0;
	while (s.n > 0) {
		size_t space = space_at(s);
		if (space == 0)
			out[n++] = s.p[0];
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
		s = str_skip(s, space > 0 ? space : 1);
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	return str_n(out, n);
}

void subject_read(struct arena *arena, struct str text, struct subject *out)
{
	*out = (struct subject){0};
	struct str s = trim_end(skip_space(text));
	while (skip_prefix(&s, out) || skip_tag(&s))
		s = skip_space(s);
	s = skip_trailer(s);
	out->plain = collapse(arena, s);
	char *base = arena_c_str(arena, out->plain);
	fold(base, out->plain.n);
	out->base = str_n(base, out->plain.n);
}
