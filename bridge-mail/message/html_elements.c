/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/html_elements.h"

#include "common/base/mem.h"

#define MAX_LINK 2000

static const struct html_element transparent = {"", HTML_TRANSPARENT, ""};
static const struct html_element line = {"", HTML_LINE, ""};
static const struct html_element cell = {"", HTML_CELL, ""};

static const struct html_element elements[] = {
	{"a", HTML_INLINE, "a"},
	{"b", HTML_INLINE, "strong"},
	{"strong", HTML_INLINE, "strong"},
	{"i", HTML_INLINE, "em"},
	{"em", HTML_INLINE, "em"},
	{"u", HTML_INLINE, "u"},
	{"s", HTML_INLINE, "del"},
	{"strike", HTML_INLINE, "del"},
	{"del", HTML_INLINE, "del"},
	{"code", HTML_INLINE, "code"},
	{"tt", HTML_INLINE, "code"},
	{"sup", HTML_INLINE, "sup"},
	{"sub", HTML_INLINE, "sub"},
	{"blockquote", HTML_BLOCK, "blockquote"},
	{"ul", HTML_BLOCK, "ul"},
	{"ol", HTML_BLOCK, "ol"},
	{"li", HTML_BLOCK, "li"},
	{"pre", HTML_BLOCK, "pre"},
	{"h1", HTML_BLOCK, "h1"},
	{"h2", HTML_BLOCK, "h2"},
	{"h3", HTML_BLOCK, "h3"},
	{"h4", HTML_BLOCK, "h4"},
	{"h5", HTML_BLOCK, "h5"},
	{"h6", HTML_BLOCK, "h6"},
	{"p", HTML_PARAGRAPH, ""},
	{"dl", HTML_PARAGRAPH, ""},
	{"br", HTML_BREAK, ""},
	{"hr", HTML_RULE, ""},
	{"img", HTML_IMAGE, ""},
	{"div", HTML_LINE, ""},
	{"center", HTML_LINE, ""},
	{"section", HTML_LINE, ""},
	{"article", HTML_LINE, ""},
	{"header", HTML_LINE, ""},
	{"footer", HTML_LINE, ""},
	{"main", HTML_LINE, ""},
	{"address", HTML_LINE, ""},
	{"fieldset", HTML_LINE, ""},
	{"form", HTML_LINE, ""},
	{"dt", HTML_LINE, ""},
	{"dd", HTML_LINE, ""},
	{"figure", HTML_LINE, ""},
};

static const struct html_element table_elements[] = {
	{"table", HTML_BLOCK, "table"},
	{"thead", HTML_BLOCK, "thead"},
	{"tbody", HTML_BLOCK, "tbody"},
	{"tfoot", HTML_TRANSPARENT, ""},
	{"tr", HTML_BLOCK, "tr"},
	{"th", HTML_BLOCK, "th"},
	{"td", HTML_BLOCK, "td"},
	{"caption", HTML_BLOCK, "caption"},
};

static bool shows_data(const struct html_node *node)
{
	while (node != NULL && !html_is(node, "table"))
		node = node->parent;
	return node != NULL && node->shows_data;
}

static const struct html_element *table_element(
	const struct html_node *node, const struct html_element *element)
{
	if (shows_data(node))
		return element;
	bool is_cell = html_is(node, "td") || html_is(node, "th");
	return is_cell ? &cell : &line;
}

const struct html_element *html_element_of(const struct html_node *node)
{
	if (node->name.n == 0)
		return &transparent;
	for (size_t i = 0; i < ARRAY_LEN(elements); i++)
		if (html_is(node, elements[i].name))
			return &elements[i];
	for (size_t i = 0; i < ARRAY_LEN(table_elements); i++)
		if (html_is(node, table_elements[i].name))
			return table_element(node, &table_elements[i]);
	return &transparent;
}

struct str html_link_of(const struct html_node *node)
{
	static const struct str schemes[] = {
		STR_INIT("https://"), STR_INIT("http://"), STR_INIT("mailto:")};
	struct str link = str_trim(node->attributes[HTML_HREF]);
	for (size_t i = 0; i < link.n; i++)
		if ((unsigned char)link.p[i] <= ' ' || link.p[i] == 0x7f)
			return STR_EMPTY;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (link.n <= MAX_LINK && link.n > schemes[i].n &&
			str_eq_nocase(str_slice(link, 0, schemes[i].n), schemes[i]))
			return link;
	return STR_EMPTY;
}
