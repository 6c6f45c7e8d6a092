/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/quotes.h"

#include "bridge-mail/message/html_escape.h"
#include "bridge-mail/message/quote_markers.h"
#include "common/base/buf.h"

#define MAX_LINES	 20000
#define ATTRIBUTION_SPAN 3 /* lines that an attribution may take */
#define MAX_HTML	 (8 * 1024 * 1024)
#define MAX_DEPTH	 10

enum line_kind { LINE_TEXT, LINE_BLANK, LINE_QUOTE, LINE_ATTRIBUTION, LINE_DEVICE, LINE_CUT };

struct line {
	struct str text;
	enum line_kind kind;
};

struct lines {
	struct line *items;
	size_t count;
};

static struct lines split(struct arena *arena, struct str text)
{
	struct lines lines = {.items = ARENA_ARRAY(arena, struct line, MAX_LINES)};
	struct str line;
	while (text.n > 0 && lines.count + 1 < MAX_LINES && str_cut(&text, '\n', &line))
		lines.items[lines.count++].text = line;
	/* More lines than any letter has: the rest is one. */
	if (text.n > 0)
		lines.items[lines.count++].text = text;
	return lines;
}

static bool is_quoted(struct str line)
{
	struct str t = quote_trim(line);
	return t.n > 0 && t.p[0] == '>';
}

static bool is_header_block(const struct lines *lines, size_t at)
{
	struct str next[QUOTE_HEADER_BLOCK];
	size_t n = 0;
	for (; n < QUOTE_HEADER_BLOCK && at + n < lines->count; n++)
		next[n] = lines->items[at + n].text;
	return quote_is_header_block(next, n);
}

/* Lines that an attribution takes from `at`; 0 when there is none. */
static size_t attribution_at(struct arena *arena, const struct lines *lines, size_t at)
{
	if (quote_is_attribution(lines->items[at].text))
		return 1;
	if (!quote_starts_attribution(lines->items[at].text))
		return 0;
	struct str joined = lines->items[at].text;
	for (size_t n = 2; n <= ATTRIBUTION_SPAN && at + n <= lines->count; n++) {
		struct str next = lines->items[at + n - 1].text;
		if (quote_trim(next).n == 0 || is_quoted(next) || joined.n + next.n > 1000)
			return 0;
		joined = arena_printf(arena, "%.*s %.*s", STR_FMT(joined), STR_FMT(next));
		if (quote_is_attribution(joined))
			return n;
	}
	return 0;
}

/* Whether the next line that is not blank is quoted, or there is none. */
static bool quote_follows(const struct lines *lines, size_t at)
{
	for (; at < lines->count; at++)
		if (quote_trim(lines->items[at].text).n > 0)
			return is_quoted(lines->items[at].text);
	return true;
}

static void cut_from(struct lines *lines, size_t at)
{
	for (size_t i = at; i < lines->count; i++)
		lines->items[i].kind = LINE_CUT;
}

/* A line that announces an earlier mail, to the end of the text. */
static bool announces(struct arena *arena, const struct lines *lines, size_t at)
{
	struct str line = lines->items[at].text;
	if (quote_is_separator(line) || is_header_block(lines, at))
		return true;
	/* Programs that do not mark the quoted lines: an attribution, then the mail. */
	size_t n = attribution_at(arena, lines, at);
	return n > 0 && at > 0 && !quote_follows(lines, at + n);
}

static void classify(struct arena *arena, struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		struct line *line = &lines->items[i];
		if (quote_trim(line->text).n == 0) {
			line->kind = LINE_BLANK;
		} else if (is_quoted(line->text) && !quote_is_separator(line->text)) {
			line->kind = LINE_QUOTE;
		} else if (quote_is_forward(line->text) || quote_announces_inline(line->text)) {
			return; /* what follows is content, or mixed with it */
		} else if (str_eq(line->text, STR("-- ")) || announces(arena, lines, i)) {
			/* The line above a block of headers belongs to it when it is a rule. */
			if (i > 0 && str_starts(lines->items[i - 1].text, STR("________")))
				i--;
			cut_from(lines, i);
			return;
		} else if (quote_is_device_line(line->text)) {
			line->kind = LINE_DEVICE;
		} else {
			size_t n = attribution_at(arena, lines, i);
			for (size_t k = 0; k < n; k++)
				lines->items[i + k].kind = LINE_ATTRIBUTION;
			i += n > 0 ? n - 1 : 0;
		}
	}
}

/* Whether the author's words stand around quotes, which then are needed. Below a single quote at
 * the top they are an answer to the whole of it. */
static bool answers_between(const struct lines *lines)
{
	bool before = false, text = false;
	unsigned runs = 0;
	for (size_t i = 0; i < lines->count; i++) {
		enum line_kind kind = lines->items[i].kind;
		if (kind == LINE_QUOTE && (runs == 0 || text)) {
			runs++;
			text = false;
		} else if (kind == LINE_TEXT) {
			before = before || runs == 0;
			text = true;
			if (runs > 0 && (before || runs > 1))
				return true;
		}
	}
	return false;
}

static bool is_shown(enum line_kind kind, bool keep_quotes)
{
	switch (kind) {
	case LINE_TEXT:
	case LINE_BLANK:
		return true;
	case LINE_QUOTE:
	case LINE_ATTRIBUTION:
		return keep_quotes;
	default:
		return false;
	}
}

/* Without blank lines at either end, and with no two of them together. */
static struct str join(
	struct arena *arena, const struct lines *lines, bool keep_quotes, struct quotes *out)
{
	size_t total = 0;
	for (size_t i = 0; i < lines->count; i++)
		total += lines->items[i].text.n + 1;
	BUF_SCOPE(text, total + 1);
	bool blank = false;
	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = &lines->items[i];
		if (!is_shown(line->kind, keep_quotes)) {
			out->folded = true;
			continue;
		}
		if (line->kind == LINE_BLANK) {
			blank = text.n > 0;
			continue;
		}
		if (text.n > 0)
			buf_append(&text, blank ? STR("\n\n") : STR("\n"));
		blank = false;
		out->has_quotes = out->has_quotes || line->kind == LINE_QUOTE;
		buf_append(&text, line->text);
	}
	return arena_str(arena, buf_str(&text));
}

void quotes_fold(struct arena *arena, struct str text, bool forward, struct quotes *out)
{
	*out = (struct quotes){0};
	struct lines lines = split(arena, text);
	if (!forward)
		classify(arena, &lines);
	out->text = join(arena, &lines, answers_between(&lines), out);
	if (out->text.n > 0)
		return;
	/* Nothing but quotes: then they are what was sent. */
	for (size_t i = 0; i < lines.count; i++) {
		bool quoted = is_quoted(lines.items[i].text);
		bool blank = quote_trim(lines.items[i].text).n == 0;
		lines.items[i].kind = quoted ? LINE_QUOTE : blank ? LINE_BLANK : LINE_TEXT;
	}
	*out = (struct quotes){0};
	out->text = join(arena, &lines, true, out);
}

/* Takes the quote marks off; gives their number. */
static size_t take_marks(struct str *line)
{
	size_t depth = 0;
	struct str rest = *line;
	for (;;) {
		struct str t = rest;
		while (t.n > 0 && t.p[0] == ' ')
			t = str_skip(t, 1);
		if (t.n == 0 || t.p[0] != '>')
			break;
		depth++;
		rest = str_skip(t, 1);
	}
	if (depth > 0) {
		if (rest.n > 0 && rest.p[0] == ' ')
			rest = str_skip(rest, 1);
		*line = rest;
	}
	return depth < MAX_DEPTH ? depth : MAX_DEPTH;
}

struct str quotes_to_html(struct arena *arena, struct str text)
{
	BUF_SCOPE(html, MAX_HTML);
	size_t depth = 0;
	bool first = true; /* in its block */
	struct str line;
	while (text.n > 0 && str_cut(&text, '\n', &line)) {
		size_t wanted = take_marks(&line);
		first = first || wanted != depth;
		for (; depth < wanted; depth++)
			buf_append_c(&html, "<blockquote>");
		for (; depth > wanted; depth--)
			buf_append_c(&html, "</blockquote>");
		/* The block before has broken the line. */
		if (first && depth == 0 && html.n > 0 && line.n == 0)
			continue;
		if (!first)
			buf_append_c(&html, "<br>");
		html_escape(&html, line);
		first = false;
	}
	for (; depth > 0; depth--)
		buf_append_c(&html, "</blockquote>");
	return arena_str(arena, buf_str(&html));
}
