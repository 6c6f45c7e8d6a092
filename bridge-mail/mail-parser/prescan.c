/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/mail-parser/prescan.h"

#include "bridge-mail/message/mail.h"

struct scan {
	struct str boundaries[PRESCAN_MAX_BOUNDARIES];
	size_t boundary_count;
	unsigned parts;
	unsigned messages;
	struct prescan *out;
};

/* The next line without its end; *rest moves past it. */
static struct str next_line(struct str *rest)
{
	ptrdiff_t lf = str_index(*rest, '\n');
	size_t n = lf < 0 ? rest->n : (size_t)lf;
	struct str line = str_slice(*rest, 0, n);
	*rest = str_skip(*rest, lf < 0 ? n : n + 1);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool is_folded(struct str rest)
{
	return rest.n > 0 && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* A header with its folded lines, as one slice. */
static struct str next_header(struct str *rest)
{
	const char *start = rest->p;
	struct str line = next_line(rest);
	const char *end = line.p + line.n;
	while (is_folded(*rest)) {
		line = next_line(rest);
		end = line.p + line.n;
	}
	return str_n(start, (size_t)(end - start));
}

static bool starts_nocase(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);
	return s.n >= n && str_eq_nocase(str_slice(s, 0, n), str_n(prefix, n));
}

static bool is_word(char c)
{
	return (unsigned char)c > ' ' && c != ';' && c != '=' && c != '"' && c != ',';
}

/* Whether a parameter's name, outside quoted strings, is longer than any real one. */
static bool has_long_parameter(struct str header)
{
	size_t run = 0;
	bool name = false; /* between ';' and '=' */
	bool quoted = false;
	for (size_t i = 0; i < header.n; i++) {
		char c = header.p[i];
		if (c == '"')
			quoted = !quoted;
		if (quoted)
			continue;
		if (c == ';' || c == '=') {
			name = c == ';';
			run = 0;
		} else if (!is_word(c)) {
			run = 0;
		} else if (name && ++run > PRESCAN_MAX_PARAMETER) {
			return true;
		}
	}
	return false;
}

static void note_boundary(struct scan *s, struct str header)
{
	for (size_t i = 0; i + 9 < header.n; i++) {
		struct str rest = str_skip(header, i);
		if (!starts_nocase(rest, "boundary"))
			continue;
		rest = str_trim(str_skip(rest, 8));
		if (rest.n < 2 || rest.p[0] != '=')
			continue;
		rest = str_trim(str_skip(rest, 1));
		bool quoted = rest.n > 0 && rest.p[0] == '"';
		if (quoted)
			rest = str_skip(rest, 1);
		size_t n = 0;
		while (n < rest.n && (quoted ? rest.p[n] != '"' : is_word(rest.p[n])))
			n++;
		if (n > 0 && n <= PRESCAN_MAX_BOUNDARY &&
			s->boundary_count < PRESCAN_MAX_BOUNDARIES)
			s->boundaries[s->boundary_count++] = str_slice(rest, 0, n);
		return;
	}
}

static void scan_header(struct scan *s, struct str header)
{
	bool content = starts_nocase(header, "content-");
	if (header.n > PRESCAN_MAX_HEADER_LINE || (content && has_long_parameter(header)))
		s->out->hostile = true;
	if (!starts_nocase(header, "content-type:"))
		return;
	note_boundary(s, header);
	if (starts_nocase(str_trim(str_skip(header, 13)), "message/"))
		s->messages++;
}

static bool is_boundary(const struct scan *s, struct str line)
{
	if (!str_starts(line, STR("--")))
		return false;
	for (size_t i = 0; i < s->boundary_count; i++)
		if (str_starts(str_skip(line, 2), s->boundaries[i]))
			return true;
	return false;
}

static void scan_own_headers(struct scan *s, struct str *rest, struct str mail)
{
	while (rest->n > 0) {
		if ((size_t)(rest->p - mail.p) > PRESCAN_MAX_HEADER_BYTES) {
			s->out->hostile = true;
			return;
		}
		struct str header = next_header(rest);
		if (header.n == 0)
			return;
		scan_header(s, header);
	}
}

void prescan(struct str mail, struct prescan *out)
{
	struct scan s = {.out = out};
	struct str rest = mail;
	*out = (struct prescan){.usable = (int64_t)mail.n};
	scan_own_headers(&s, &rest, mail);
	while (rest.n > 0 && !out->hostile) {
		const char *start = rest.p;
		/* Headers of parts are looked for in all text: one too many does no harm. */
		if (starts_nocase(rest, "content-")) {
			scan_header(&s, next_header(&rest));
		} else if (is_boundary(&s, next_line(&rest))) {
			s.parts++;
		}
		if (s.parts > MAIL_MAX_PARTS || s.messages > MAIL_MAX_DEPTH) {
			out->usable = start - mail.p;
			out->cut = true;
			return;
		}
	}
}
