/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/html_quotes.h"

#include "bridge-mail/message/html_elements.h"
#include "bridge-mail/message/quote_markers.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define MAX_LINES    5000
#define MAX_LINE     500
#define HEADER_BLOCK 7

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

static bool is_quote(const struct html_node *node)
{
	static const char *const classes[] = {"gmail_quote", "gmail_attr", "moz-cite-prefix",
		"protonmail_quote", "yahoo_quoted", "tutanota_quote", "zmail_extra",
		"ms-outlook-mobile-reference-message", "moz-signature"};
	if (html_is(node, "blockquote") && str_eq_nocase(node->attributes[HTML_TYPE], STR("cite")))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (has_class(node, classes[i]))
			return true;
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

/* Marks what the structure shows to be quoted; gives the first quote. */
static struct html_node *fold_marked(struct fold *f)
{
	struct html_node *first = NULL;
	struct html_node *n = html_next(f->root, f->root);
	while (n != NULL) {
		if (is_divider(n)) {
			fold_from(f, n);
			return first;
		}
		if (is_quote(n)) {
			n->folded = true;
			if (first == NULL && !has_class(n, "moz-signature"))
				first = n;
			n = html_skip(f->root, n);
		} else {
			n = html_next(f->root, n);
		}
	}
	return first;
}

/* Whether words of the author's stand behind the first quote. */
static bool answers_between(struct fold *f, const struct html_node *first_quote)
{
	bool behind = false;
	size_t line = 0;
	if (first_quote == NULL)
		return false;
	for (struct html_node *n = f->root; n != NULL && line < f->count;) {
		behind = behind || n == first_quote;
		if (n == f->lines[line].first) {
			struct str text = f->lines[line].text;
			if (behind && !quote_is_device_line(text) && !quote_is_attribution(text) &&
				!str_eq(text, STR("--")))
				return true;
			line++;
		}
		n = n->folded ? html_skip(f->root, n) : html_next(f->root, n);
	}
	return false;
}

static bool is_header_block(const struct fold *f, size_t at)
{
	unsigned seen = 0;
	if (quote_field_of(f->lines[at].text) != QUOTE_FIELD_FROM)
		return false;
	for (size_t i = at + 1; i < f->count && i < at + HEADER_BLOCK; i++) {
		enum quote_field field = quote_field_of(f->lines[i].text);
		if (field != QUOTE_FIELD_NONE && field != QUOTE_FIELD_FROM)
			seen |= 1u << field;
	}
	unsigned subject_or_date = 1u << QUOTE_FIELD_SUBJECT | 1u << QUOTE_FIELD_DATE;
	return (seen & subject_or_date) != 0 && (seen & (seen - 1)) != 0;
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
	struct html_node *first_quote = fold_marked(&f);
	collect_lines(&f);
	if (answers_between(&f, first_quote)) {
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
