/* SPDX-License-Identifier: Apache-2.0 */
/* The only owner of libxml's headers. */
#include <libxml/HTMLparser.h>
#include <limits.h>

#include "bridge-mail/message/html_tree.h"
#include "common/base/buf.h"
#include "common/base/mem.h"

#define OPTIONS                                                                              \
	(HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET | \
		HTML_PARSE_NODEFDTD | HTML_PARSE_COMPACT)

struct builder {
	struct arena *arena;
	struct html_node *root;
	size_t nodes;
};

static bool is_dropped(const char *name)
{
	static const char *const names[] = {"script", "style", "head", "title", "meta", "link",
		"iframe", "object", "embed", "applet", "svg", "math", "select", "textarea", "input",
		"button", "template", "audio", "video", "map", "canvas", "noframes", "frameset"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static struct str copy(struct builder *b, const xmlChar *text)
{
	return text == NULL ? STR_EMPTY : arena_str(b->arena, str_c((const char *)text));
}

static struct str attribute(struct builder *b, xmlNode *node, const char *name)
{
	xmlChar *value = xmlGetProp(node, (const xmlChar *)name);
	struct str out = copy(b, value);
	xmlFree(value);
	return out;
}

/* Lines that a mail shows to the list of mails only, and what Outlook hides. */
static bool is_hidden(struct builder *b, xmlNode *node)
{
	struct str style = attribute(b, node, "style");
	BUF_SCOPE(text, 4096);
	for (size_t i = 0; i < style.n && text.n < 4000; i++) {
		char c = style.p[i];
		if (c > ' ')
			buf_append_byte(&text, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
	}
	return str_find(buf_str(&text), STR("display:none")) >= 0 ||
	       str_find(buf_str(&text), STR("mso-hide:all")) >= 0;
}

static struct html_node *add(struct builder *b, struct html_node *parent)
{
	struct html_node *node = ARENA_NEW(b->arena, struct html_node);
	node->parent = parent;
	if (parent->last_child == NULL)
		parent->first_child = node;
	else
		parent->last_child->next = node;
	parent->last_child = node;
	b->nodes++;
	return node;
}

static struct html_node *add_element(struct builder *b, struct html_node *parent, xmlNode *from)
{
	static const char *const names[HTML_ATTRIBUTES] = {
		[HTML_CLASS] = "class",
		[HTML_ID] = "id",
		[HTML_TYPE] = "type",
		[HTML_HREF] = "href",
		[HTML_ALT] = "alt",
		[HTML_START] = "start",
		[HTML_BORDER] = "border",
		[HTML_DATA_MARKER] = "data-marker",
	};
	struct html_node *node = add(b, parent);
	node->name = copy(b, from->name);
	for (size_t i = 0; from->properties != NULL && i < HTML_ATTRIBUTES; i++)
		node->attributes[i] = attribute(b, from, names[i]);
	return node;
}

/* Walks libxml's tree without recursion: its depth is the mail's. */
static void build(struct builder *b, xmlNode *top)
{
	struct html_node *parent = b->root;
	size_t depth = 0;  /* levels below the root, in libxml's tree */
	size_t deeper = 0; /* of those, levels that have no node of ours */
	xmlNode *node = top;
	while (node != NULL && b->nodes < HTML_MAX_NODES) {
		bool element = node->type == XML_ELEMENT_NODE;
		if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
			if (node->content != NULL)
				add(b, parent)->text = copy(b, node->content);
		}
		if (element && !is_dropped((const char *)node->name) && !is_hidden(b, node)) {
			struct html_node *made = add_element(b, parent, node);
			if (node->children != NULL) {
				if (depth < HTML_MAX_DEPTH)
					parent = made;
				else
					deeper++;
				depth++;
				node = node->children;
				continue;
			}
		}
		while (node != NULL && node->next == NULL) {
			node = node == top || depth == 0 ? NULL : node->parent;
			if (node == NULL)
				break;
			depth--;
			if (deeper > 0)
				deeper--;
			else
				parent = parent->parent;
		}
		node = node == NULL ? NULL : node->next;
	}
}

struct html_node *html_parse(struct arena *arena, struct str html)
{
	struct builder b = {.arena = arena, .root = ARENA_NEW(arena, struct html_node)};
	b.root->name = STR("body");
	if (html.n == 0 || html.n > INT_MAX)
		return b.root;
	htmlDocPtr document = htmlReadMemory(html.p, (int)html.n, NULL, "UTF-8", OPTIONS);
	if (document == NULL)
		return b.root;
	xmlNode *top = xmlDocGetRootElement(document);
	if (top != NULL)
		build(&b, top);
	xmlFreeDoc(document);
	return b.root;
}
