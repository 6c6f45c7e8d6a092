/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/html_elements.h"
#include "bridge-mail/message/html_write.h"

#define MAX_QUOTES 10

struct writer {
	struct buf *out;
	unsigned quotes;      /* blockquotes around */
	unsigned last_quotes; /* around what was written last */
	unsigned lists;	      /* lists around */
	unsigned number;      /* of the next item; 0: not a numbered list */
	unsigned pre;
	unsigned breaks; /* line ends to write before the next text */
	bool at_start;	 /* of a line */
	bool space;
};

static void end_lines(struct writer *w, unsigned breaks)
{
	if (w->breaks < breaks)
		w->breaks = breaks;
	w->space = false;
}

static void write_prefix(struct writer *w, unsigned quotes)
{
	for (unsigned i = 0; i < quotes && i < MAX_QUOTES; i++)
		buf_append_c(w->out, "> ");
}

/* A blank line belongs to a quote when both its neighbours do. */
static void write_breaks(struct writer *w)
{
	unsigned shared = w->quotes < w->last_quotes ? w->quotes : w->last_quotes;
	buf_append_byte(w->out, '\n');
	if (w->breaks > 1) {
		write_prefix(w, shared);
		buf_append_byte(w->out, '\n');
	}
	write_prefix(w, w->quotes);
}

static void before_content(struct writer *w)
{
	if (w->out->n == 0) {
		write_prefix(w, w->quotes);
	} else if (w->breaks > 0) {
		write_breaks(w);
		w->at_start = true;
	}
	w->last_quotes = w->quotes;
	w->breaks = 0;
	if (w->space && !w->at_start)
		buf_append_byte(w->out, ' ');
	w->space = false;
	w->at_start = false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static void write_pre(struct writer *w, struct str text)
{
	struct str line;
	while (text.n > 0 && str_cut(&text, '\n', &line)) {
		if (line.n > 0) {
			before_content(w);
			buf_append(w->out, line);
		}
		if (text.p != NULL)
			w->breaks++;
	}
}

static void write_text(struct writer *w, struct str text)
{
	if (w->pre > 0) {
		write_pre(w, text);
		return;
	}
	size_t i = 0;
	while (i < text.n) {
		size_t start = i;
		while (i < text.n && !is_space(text.p[i]))
			i++;
		if (i > start) {
			before_content(w);
			buf_append(w->out, str_slice(text, start, i - start));
		}
		while (i < text.n && is_space(text.p[i])) {
			w->space = true;
			i++;
		}
	}
}

/* From here on functions call each other down the tree, which is HTML_MAX_DEPTH deep.
 * NOLINTBEGIN(misc-no-recursion) */
static void write_children(struct writer *w, const struct html_node *node);

/* The address behind the words, when the words do not say it. */
static void write_link(struct writer *w, const struct html_node *node)
{
	size_t before = w->out->n;
	write_children(w, node);
	struct str link = html_link_of(node);
	if (str_starts(link, STR("mailto:")))
		link = str_skip(link, 7);
	struct str words = str_skip(buf_str(w->out), before);
	if (link.n == 0 || words.n == 0 || str_find(words, link) >= 0)
		return;
	/* "www.ville.example" for "http://www.ville.example/" */
	struct str bare = link;
	if (str_find(bare, STR("://")) >= 0)
		bare = str_skip(bare, (size_t)str_find(bare, STR("://")) + 3);
	while (bare.n > 0 && bare.p[bare.n - 1] == '/')
		bare.n--;
	if (str_find(words, bare) >= 0)
		return;
	buf_append_c(w->out, " (");
	buf_append(w->out, link);
	buf_append_c(w->out, ")");
}

static void write_item(struct writer *w, const struct html_node *node)
{
	end_lines(w, 1);
	before_content(w);
	for (unsigned i = 1; i < w->lists && i < MAX_QUOTES; i++)
		buf_append_c(w->out, "  ");
	if (w->number > 0)
		buf_printf(w->out, "%u. ", w->number++);
	else
		buf_append_c(w->out, "- ");
	w->at_start = true;
	unsigned number = w->number;
	w->number = 0;
	write_children(w, node);
	w->number = number;
	end_lines(w, 1);
}

static void write_block(struct writer *w, const struct html_node *node)
{
	bool quote = html_is(node, "blockquote");
	bool list = html_is(node, "ul") || html_is(node, "ol");
	bool pre = html_is(node, "pre");
	unsigned number = w->number;
	if (html_is(node, "li")) {
		write_item(w, node);
		return;
	}
	if (html_is(node, "td") || html_is(node, "th")) {
		w->space = true;
		write_children(w, node);
		w->space = true;
		return;
	}
	unsigned breaks = quote || pre || node->name.p[0] == 'h' ? 2 : 1;
	end_lines(w, breaks);
	if (list)
		w->number = html_is(node, "ol") ? 1 : 0;
	w->quotes += quote;
	w->lists += list;
	w->pre += pre;
	write_children(w, node);
	w->pre -= pre;
	w->lists -= list;
	w->quotes -= quote;
	w->number = number;
	end_lines(w, breaks);
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
		if (html_is(node, "a"))
			write_link(w, node);
		else
			write_children(w, node);
		break;
	case HTML_BLOCK:
		write_block(w, node);
		break;
	case HTML_LINE:
	case HTML_PARAGRAPH: {
		unsigned breaks = element->kind == HTML_PARAGRAPH ? 2 : 1;
		end_lines(w, breaks);
		write_children(w, node);
		end_lines(w, breaks);
		break;
	}
	case HTML_BREAK:
		w->breaks++;
		w->space = false;
		break;
	case HTML_RULE:
		end_lines(w, 1);
		write_text(w, STR("---"));
		end_lines(w, 1);
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

void html_write_plain(const struct html_node *root, struct buf *out)
{
	struct writer w = {.out = out, .at_start = true};
	write_children(&w, root);
}
