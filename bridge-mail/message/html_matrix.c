/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/html_elements.h"
#include "bridge-mail/message/html_escape.h"
#include "bridge-mail/message/html_write.h"

#define MAX_OPEN (HTML_MAX_DEPTH + 2)

/* A kept element that the writer is in; its tag is written with the first thing inside it. */
struct open_tag {
	const char *tag;
	struct str href;
	struct str start;
	bool block;
	bool written;
};

struct writer {
	struct buf *out;
	struct open_tag open[MAX_OPEN];
	size_t open_count;
	unsigned breaks; /* to write before the next text */
	bool at_start;	 /* of a block or line: spaces and breaks mean nothing */
	bool space;	 /* to write before the next word */
	bool rich;
	unsigned pre;
};

static void write_open_tags(struct writer *w)
{
	for (size_t i = 0; i < w->open_count; i++) {
		struct open_tag *tag = &w->open[i];
		if (tag->written)
			continue;
		buf_printf(w->out, "<%s", tag->tag);
		if (tag->href.n > 0) {
			buf_append_c(w->out, " href=\"");
			html_escape(w->out, tag->href);
			buf_append_byte(w->out, '"');
		}
		if (tag->start.n > 0)
			buf_printf(w->out, " start=\"%.*s\"", STR_FMT(tag->start));
		buf_append_byte(w->out, '>');
		tag->written = true;
	}
}

/* Whether a block opens with the next thing: it breaks the line by itself. */
static bool block_is_due(const struct writer *w)
{
	for (size_t i = 0; i < w->open_count; i++)
		if (!w->open[i].written && w->open[i].block)
			return true;
	return false;
}

static void before_content(struct writer *w)
{
	if (block_is_due(w)) {
		w->breaks = 0;
		w->space = false;
		w->at_start = true;
	}
	if (!w->at_start && w->breaks > 0) {
		for (unsigned i = 0; i < w->breaks && i < 2; i++)
			buf_append_c(w->out, "<br>");
		w->space = false;
		w->at_start = true;
	}
	w->breaks = 0;
	if (w->space && !w->at_start)
		buf_append_byte(w->out, ' ');
	w->space = false;
	write_open_tags(w);
	w->at_start = false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static void write_text(struct writer *w, struct str text)
{
	if (w->pre > 0) {
		if (text.n > 0) {
			before_content(w);
			html_escape(w->out, text);
		}
		return;
	}
	size_t i = 0;
	while (i < text.n) {
		size_t start = i;
		while (i < text.n && !is_space(text.p[i]))
			i++;
		if (i > start) {
			before_content(w);
			html_escape(w->out, str_slice(text, start, i - start));
		}
		while (i < text.n && is_space(text.p[i])) {
			w->space = true;
			i++;
		}
	}
}

static void want_breaks(struct writer *w, unsigned breaks)
{
	if (w->breaks < breaks)
		w->breaks = breaks;
	w->space = false;
}

/* From here on functions call each other down the tree, which is HTML_MAX_DEPTH deep.
 * NOLINTBEGIN(misc-no-recursion) */
static void write_children(struct writer *w, const struct html_node *node);

static bool small_number(struct str s)
{
	int64_t n;
	return s.n < 7 && str_to_i64(s, &n) == STATUS_OK && n >= 0;
}

static void write_kept(
	struct writer *w, const struct html_node *node, const struct html_element *element)
{
	bool block = element->kind == HTML_BLOCK;
	struct str href = STR_EMPTY;
	if (html_is(node, "a")) {
		href = html_link_of(node);
		if (href.n == 0) {
			write_children(w, node);
			return;
		}
	}
	if (w->open_count >= MAX_OPEN) {
		write_children(w, node);
		return;
	}
	struct str start = node->attributes[HTML_START];
	bool numbered = html_is(node, "ol") && small_number(start);
	w->open[w->open_count++] = (struct open_tag){.tag = element->tag,
		.href = href,
		.start = numbered ? start : STR_EMPTY,
		.block = block};
	w->pre += html_is(node, "pre");
	write_children(w, node);
	w->pre -= html_is(node, "pre");
	bool written = w->open[--w->open_count].written;
	if (!written)
		return;
	buf_printf(w->out, "</%s>", element->tag);
	w->rich = true;
	if (block) {
		w->at_start = true;
		w->breaks = 0;
		w->space = false;
	}
}

static void write_node(struct writer *w, const struct html_node *node)
{
	const struct html_element *element = html_element_of(node);
	if (node->folded)
		return;
	switch (element->kind) {
	case HTML_TRANSPARENT:
		write_text(w, node->text);
		write_children(w, node);
		break;
	case HTML_INLINE:
	case HTML_BLOCK:
		write_kept(w, node, element);
		break;
	case HTML_LINE:
	case HTML_PARAGRAPH: {
		unsigned breaks = element->kind == HTML_PARAGRAPH ? 2 : 1;
		want_breaks(w, breaks);
		write_children(w, node);
		want_breaks(w, breaks);
		break;
	}
	case HTML_BREAK:
		w->breaks++;
		w->space = false;
		break;
	case HTML_RULE:
		w->breaks = 0;
		write_open_tags(w);
		buf_append_c(w->out, "<hr>");
		w->at_start = true;
		break;
	case HTML_IMAGE:
		if (node->attributes[HTML_ALT].n > 0) {
			write_text(w, STR("["));
			write_text(w, node->attributes[HTML_ALT]);
			write_text(w, STR("]"));
		}
		break;
	case HTML_CELL:
		w->space = true;
		write_children(w, node);
		w->space = true;
		break;
	}
}

static void write_children(struct writer *w, const struct html_node *node)
{
	for (const struct html_node *n = node->first_child; n != NULL; n = n->next)
		write_node(w, n);
}
/* NOLINTEND(misc-no-recursion) */

void html_write_matrix(const struct html_node *root, struct buf *out, bool *rich_out)
{
	struct writer w = {.out = out, .at_start = true};
	write_children(&w, root);
	*rich_out = w.rich;
}
