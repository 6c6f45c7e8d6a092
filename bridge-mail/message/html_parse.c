/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what mail-parser/html.h writes. Its process may have been taken over, so nothing is taken
 * for granted: what does not fit is text, or is skipped. Linear. */
#include "bridge-mail/message/html_tree.h"
#include "common/base/mem.h"

#define MAX_TAG_NAME 16

struct reader {
	struct arena *arena;
	struct html_node *root;
	struct html_node *at; /* the element that is open */
	size_t depth;
	size_t nodes;
	struct str rest;
};

static struct str unescape(struct arena *arena, struct str text)
{
	static const struct {
		struct str entity;
		char c;
	} entities[] = {
		{STR_INIT("&lt;"), '<'},
		{STR_INIT("&gt;"), '>'},
		{STR_INIT("&amp;"), '&'},
		{STR_INIT("&quot;"), '"'},
	};
	char *out = arena_alloc(arena, text.n + 1);
	size_t n = 0;
	while (text.n > 0) {
		size_t used = 1;
		char c = text.p[0];
		for (size_t i = 0; c == '&' && i < ARRAY_LEN(entities); i++) {
			if (str_starts(text, entities[i].entity)) {
				out[n++] = entities[i].c;
				used = entities[i].entity.n;
				break;
			}
		}
		if (used == 1)
			out[n++] = c;
		text = str_skip(text, used);
	}
	return str_n(out, n);
}

static struct html_node *add(struct reader *r)
{
	struct html_node *node = ARENA_NEW(r->arena, struct html_node);
	node->parent = r->at;
	if (r->at->last_child == NULL)
		r->at->first_child = node;
	else
		r->at->last_child->next = node;
	r->at->last_child = node;
	r->nodes++;
	return node;
}

static void add_text(struct reader *r, struct str text)
{
	if (text.n > 0)
		add(r)->text = unescape(r->arena, text);
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The name at the start of *s, taken off it; empty when there is none. */
static struct str take_name(struct str *s)
{
	size_t n = 0;
	while (n < s->n && n <= MAX_TAG_NAME && (is_name_char(s->p[n]) || s->p[n] == '-'))
		n++;
	struct str name = str_slice(*s, 0, n);
	*s = str_skip(*s, n);
	return name;
}

/* ' name="value"', quoted either way; false at the end of the tag. */
static bool take_attribute(struct str *s, struct str *name_out, struct str *value_out)
{
	while (s->n > 0 && s->p[0] == ' ')
		*s = str_skip(*s, 1);
	*name_out = take_name(s);
	if (name_out->n == 0 || s->n < 3 || s->p[0] != '=')
		return false;
	char quote = s->p[1];
	if (quote != '"' && quote != '\'')
		return false;
	*s = str_skip(*s, 2);
	ptrdiff_t end = str_index(*s, quote);
	if (end < 0)
		return false;
	*value_out = str_slice(*s, 0, (size_t)end);
	*s = str_skip(*s, (size_t)end + 1);
	return true;
}

static void set_attribute(
	struct reader *r, struct html_node *node, struct str name, struct str value)
{
	static const struct str names[HTML_ATTRIBUTES] = {
		[HTML_CLASS] = STR_INIT("class"),
		[HTML_ID] = STR_INIT("id"),
		[HTML_TYPE] = STR_INIT("type"),
		[HTML_HREF] = STR_INIT("href"),
		[HTML_ALT] = STR_INIT("alt"),
		[HTML_START] = STR_INIT("start"),
		[HTML_BORDER] = STR_INIT("border"),
		[HTML_DATA_MARKER] = STR_INIT("data-marker"),
	};
	for (size_t i = 0; i < HTML_ATTRIBUTES; i++)
		if (str_eq(name, names[i]))
			node->attributes[i] = unescape(r->arena, value);
}

/* A table shows data when it has headings or a border; a layout has neither. */
static void note_table(struct html_node *node)
{
	struct str border = node->attributes[HTML_BORDER];
	if (html_is(node, "table"))
		node->shows_data = border.n > 0 && !str_eq(border, STR("0"));
	if (!html_is(node, "th"))
		return;
	for (struct html_node *n = node->parent; n != NULL; n = n->parent) {
		if (html_is(n, "table")) {
			n->shows_data = true;
			return;
		}
	}
}

static bool is_void(struct str name)
{
	return str_eq(name, STR("br")) || str_eq(name, STR("hr")) || str_eq(name, STR("img"));
}

/* r->rest stands behind '<' and a name. */
static void open_element(struct reader *r, struct str name)
{
	struct html_node *node = add(r);
	node->name = arena_str(r->arena, name);
	struct str key, value;
	while (take_attribute(&r->rest, &key, &value))
		set_attribute(r, node, key, value);
	note_table(node);
	if (!is_void(name) && r->depth < HTML_MAX_DEPTH) {
		r->at = node;
		r->depth++;
	}
}

/* Closes the nearest open element of that name, and those inside it. */
static void close_element(struct reader *r, struct str name)
{
	size_t up = 1;
	for (struct html_node *n = r->at; n != r->root; n = n->parent, up++) {
		if (str_eq(n->name, name)) {
			r->at = n->parent;
			r->depth -= up;
			return;
		}
	}
}

/* At a '<'. False when it starts no tag: it is text then. */
static bool read_tag(struct reader *r)
{
	struct str rest = str_skip(r->rest, 1);
	bool closing = rest.n > 0 && rest.p[0] == '/';
	if (closing)
		rest = str_skip(rest, 1);
	struct str name = take_name(&rest);
	if (name.n == 0 || name.n > MAX_TAG_NAME || name.p[0] < 'a')
		return false;
	r->rest = rest;
	if (closing)
		close_element(r, name);
	else
		open_element(r, name);
	ptrdiff_t end = str_index(r->rest, '>');
	r->rest = end < 0 ? STR_EMPTY : str_skip(r->rest, (size_t)end + 1);
	return true;
}

struct html_node *html_parse(struct arena *arena, struct str html)
{
	struct reader r = {
		.arena = arena, .root = ARENA_NEW(arena, struct html_node), .rest = html};
	r.root->name = STR("body");
	r.at = r.root;
	while (r.rest.n > 0 && r.nodes < HTML_MAX_NODES) {
		if (r.rest.p[0] == '<' && read_tag(&r))
			continue;
		ptrdiff_t next = str_index(str_skip(r.rest, 1), '<');
		size_t n = next < 0 ? r.rest.n : (size_t)next + 1;
		add_text(&r, str_slice(r.rest, 0, n));
		r.rest = str_skip(r.rest, n);
	}
	return r.root;
}
