/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/html_quotes.h"

#include "bridge-mail/message/html_elements.h"
#include "bridge-mail/message/quote_markers.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define MAX_LINES 5000
#define MAX_LINE  500

/* A visible line: the texts from `first` to `last`. */
struct line {
	struct str text;
	struct html_node *first;
	struct html_node *last;
};

struct fold {
	struct arena *arena;
	struct html_node *root;
	struct line *lines;
	size_t count;
	struct buf current;
	struct html_node *first;
	struct html_node *last;
};

/* Whether one of the words of a class attribute is `word`. */
static bool has_class(const struct html_node *node, const char *word)
{
	struct str rest = node->attributes[HTML_CLASS], part;
	while (rest.n > 0 && str_cut(&rest, ' ', &part))
		if (str_eq_c(str_trim(part), word))
			return true;
	return false;
}

static bool has_class_of(const struct html_node *node, const char *const *words, size_t count)
{
	if (node->attributes[HTML_CLASS].n == 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (has_class(node, words[i]))
			return true;
	return false;
}

static bool has_child_quote(const struct html_node *node)
{
	for (const struct html_node *n = node->first_child; n != NULL; n = n->next)
		if (html_is(n, "blockquote"))
			return true;
	return false;
}

static bool is_signature(const struct html_node *node)
{
	static const char *const classes[] = {
		"moz-signature", "gmail_signature", "gmail_signature_prefix"};
	return has_class_of(node, classes, ARRAY_LEN(classes));
}

static bool is_quote(const struct html_node *node)
{
	static const char *const classes[] = {"gmail_attr", "moz-cite-prefix", "protonmail_quote",
		"yahoo_quoted", "tutanota_quote", "zmail_extra",
		"ms-outlook-mobile-reference-message"};
	if (html_is(node, "blockquote") && str_eq_nocase(node->attributes[HTML_TYPE], STR("cite")))
		return true;
	if (has_class_of(node, classes, ARRAY_LEN(classes)))
		return true;
	/* Gmail puts answers between the lines inside this one, beside the blockquotes. */
	if (has_class(node, "gmail_quote"))
		return html_is(node, "blockquote") || !has_child_quote(node);
	struct str marker = node->attributes[HTML_DATA_MARKER];
	return str_eq(marker, STR("__QUOTED_TEXT__")) || str_eq(marker, STR("__HEADERS__")) ||
	       str_starts(node->attributes[HTML_ID], STR("yahoo_quoted")) ||
	       str_eq_c(node->attributes[HTML_ID], "mail-editor-reference-message-container");
}

/* From here on there is nothing of the author's. */
static bool is_divider(const struct html_node *node)
{
	static const char *const ids[] = {
		"divRplyFwdMsg", "appendonsend", "stopSpelling", "OLK_SRC_BODY_SECTION"};
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (str_eq_c(node->attributes[HTML_ID], ids[i]))
			return true;
	return has_class(node, "OutlookMessageHeader") ||
	       str_eq(node->attributes[HTML_DATA_MARKER], STR("__DIVIDER__"));
}

static void end_line(struct fold *f)
{
	struct str text = quote_trim(buf_str(&f->current));
	if (text.n > 0 && f->count < MAX_LINES)
		f->lines[f->count++] = (struct line){
			.text = arena_str(f->arena, text), .first = f->first, .last = f->last};
	buf_clear(&f->current);
	f->first = NULL;
}

static void add_text(struct fold *f, struct html_node *node)
{
	for (size_t i = 0; i < node->text.n; i++) {
		char c = node->text.p[i];
		bool space = c == '\n' || c == '\t' || c == '\r' || c == ' ';
		bool after_space = f->current.n > 0 && f->current.p[f->current.n - 1] == ' ';
		if (!space || !after_space)
			buf_append_byte(&f->current, space ? ' ' : c);
	}
	if (f->first == NULL)
		f->first = node;
	f->last = node;
}

static bool breaks_line(const struct html_node *node)
{
	enum html_kind kind = html_element_of(node)->kind;
	return kind != HTML_TRANSPARENT && kind != HTML_INLINE && kind != HTML_IMAGE;
}

/* The tree is HTML_MAX_DEPTH deep. NOLINTNEXTLINE(misc-no-recursion) */
static void collect(struct fold *f, struct html_node *node)
{
	if (node->folded)
		return;
	if (node->name.n == 0) {
		add_text(f, node);
		return;
	}
	bool breaks = breaks_line(node);
	if (breaks)
		end_line(f);
	for (struct html_node *n = node->first_child; n != NULL; n = n->next)
		collect(f, n);
	if (breaks)
		end_line(f);
}

static void collect_lines(struct fold *f)
{
	f->count = 0;
	buf_clear(&f->current);
	f->first = NULL;
	collect(f, f->root);
	end_line(f);
}

static void fold_from(struct fold *f, struct html_node *node)
{
	for (; node != NULL; node = html_skip(f->root, node))
		node->folded = true;
}

static void fold_line(struct fold *f, const struct line *line)
{
	for (struct html_node *n = line->first; n != NULL; n = html_next(f->root, n)) {
		if (n->name.n == 0)
			n->folded = true;
		if (n == line->last)
			return;
	}
}

static void unfold_all(struct fold *f)
{
	for (struct html_node *n = f->root; n != NULL; n = html_next(f->root, n))
		n->folded = false;
}

static struct html_node *outermost_quote(struct html_node *node)
{
	struct html_node *found = NULL;
	for (; node != NULL; node = node->parent)
		if (is_quote(node))
			found = node;
	return found;
}

static bool is_inside(const struct html_node *node, const struct html_node *around)
{
	while (node != NULL && node != around)
		node = node->parent;
	return node != NULL;
}

/* Where a mail begins that the author passes on: from there all is content. What stands inside a
 * quote was passed on by somebody else, unless the quote begins with it. */
static const struct html_node *find_forward(const struct fold *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (!quote_is_forward(f->lines[i].text))
			continue;
		struct html_node *quote = outermost_quote(f->lines[i].first);
		if (quote == NULL)
			return f->lines[i].first;
		if (i == 0 || !is_inside(f->lines[i - 1].first, quote))
			return quote;
	}
	return NULL;
}

/* Marks what the structure shows to be quoted. True when something is. */
static bool fold_marked(struct fold *f, const struct html_node *forward)
{
	bool any = false;
	struct html_node *n = html_next(f->root, f->root);
	while (n != NULL && n != forward) {
		if (is_divider(n)) {
			fold_from(f, n);
			return any;
		}
		n->folded = is_quote(n) || is_signature(n);
		any = any || (n->folded && !is_signature(n));
		n = n->folded ? html_skip(f->root, n) : html_next(f->root, n);
	}
	return any;
}

/* Whether the author's words stand around quotes, which then are needed. Below a single quote at
 * the top they are an answer to the whole of it. */
static bool answers_between(const struct fold *f)
{
	bool before = false, text = false;
	unsigned runs = 0;
	size_t line = 0;
	for (struct html_node *n = f->root; n != NULL && line < f->count;) {
		if (n->folded && !is_signature(n) && (runs == 0 || text)) {
			runs++;
			text = false;
		}
		if (n == f->lines[line].first) {
			struct str words = f->lines[line++].text;
			if (str_eq(words, STR("--")))
				return false;
			bool authors = !quote_is_device_line(words) && !quote_is_attribution(words);
			text = text || authors;
			before = before || (authors && runs == 0);
			if (authors && runs > 0 && (before || runs > 1))
				return true;
		}
		n = n->folded ? html_skip(f->root, n) : html_next(f->root, n);
	}
	return false;
}

static bool is_header_block(const struct fold *f, size_t at)
{
	struct str next[QUOTE_HEADER_BLOCK];
	size_t n = 0;
	for (; n < QUOTE_HEADER_BLOCK && at + n < f->count; n++)
		next[n] = f->lines[at + n].text;
	return quote_is_header_block(next, n);
}

/* Where the author says so, both are mixed, and nothing tells them apart but looks. */
static bool announces_inline(const struct fold *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (quote_announces_inline(f->lines[i].text))
			return true;
	return false;
}

static struct html_node *blockquote_around(struct html_node *node)
{
	struct html_node *found = NULL;
	for (; node != NULL; node = node->parent)
		if (html_is(node, "blockquote"))
			found = node;
	return found;
}

/* An attribution: what it announces goes with it. True when that is all the rest. */
static bool fold_attributed(struct fold *f, size_t at)
{
	struct html_node *quote =
		at + 1 < f->count ? blockquote_around(f->lines[at + 1].first) : NULL;
	if (quote != NULL && blockquote_around(f->lines[at].first) != quote) {
		size_t next = at + 1;
		while (next < f->count && blockquote_around(f->lines[next].first) == quote)
			next++;
		/* Text behind it: answers between the lines, the quote is needed. */
		if (next < f->count)
			return false;
		quote->folded = true;
	} else if (at + 1 < f->count && at > 0 && f->lines[at + 1].text.p[0] != '>') {
		fold_from(f, f->lines[at].first);
		return true;
	}
	if (quote != NULL || at + 1 == f->count)
		fold_line(f, &f->lines[at]);
	return false;
}

/* What the lines say, as far as the structure has not said it. */
static void fold_by_lines(struct fold *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct line *line = &f->lines[i];
		if (quote_is_forward(line->text))
			return;
		if (quote_is_separator(line->text) || is_header_block(f, i) ||
			str_eq(line->text, STR("--"))) {
			fold_from(f, line->first);
			return;
		}
		if (quote_is_device_line(line->text))
			fold_line(f, line);
		else if (quote_is_attribution(line->text) &&
			 blockquote_around(line->first) == NULL && fold_attributed(f, i))
			return;
	}
}

static bool anything_folded(const struct fold *f)
{
	for (struct html_node *n = f->root; n != NULL; n = html_next(f->root, n))
		if (n->folded)
			return true;
	return false;
}

bool html_quotes_fold(struct arena *arena, struct html_node *root)
{
	struct fold f = {.arena = arena, .root = root};
	f.lines = ARENA_ARRAY(arena, struct line, MAX_LINES);
	buf_init(&f.current, MAX_LINE);
	collect_lines(&f);
	bool marked = fold_marked(&f, find_forward(&f));
	collect_lines(&f);
	if (announces_inline(&f) || (marked && answers_between(&f))) {
		unfold_all(&f);
	} else {
		fold_by_lines(&f);
		collect_lines(&f);
		if (f.count == 0)
			unfold_all(&f);
	}
	buf_release(&f.current);
	return anything_folded(&f);
}
