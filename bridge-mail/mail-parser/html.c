/* SPDX-License-Identifier: Apache-2.0 */
/* The only owner of libxml's headers. */
#include "bridge-mail/mail-parser/html.h"

#include <libxml/HTMLparser.h>
#include <limits.h>

#include "common/base/mem.h"

#define OPTIONS                                                                              \
	(HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET | \
		HTML_PARSE_NODEFDTD | HTML_PARSE_COMPACT)
#define MAX_NAME      16
#define MAX_ATTRIBUTE 4000 /* bytes; a longer value is left out */

struct normaliser {
	struct buf *out;
	size_t elements;
	bool cut;
};

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool is_dropped(const char *name)
{
	static const char *const names[] = {"script", "style", "head", "title", "meta", "link",
		"iframe", "object", "embed", "applet", "svg", "math", "select", "textarea", "input",
		"button", "template", "audio", "video", "map", "canvas", "noframes", "frameset"};
	return is_one_of(name, names, ARRAY_LEN(names));
}

static bool is_void(const char *name)
{
	static const char *const names[] = {"br", "hr", "img"};
	return is_one_of(name, names, ARRAY_LEN(names));
}

static bool is_name(const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < n; i++)
		if (!(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= '0' && name[i] <= '9'))
			return false;
	return n > 0 && n <= MAX_NAME;
}

/* Whole or not at all: a torn entity or tag would be read as text. */
static void put(struct normaliser *z, const char *text)
{
	if (z->cut)
		return;
	buf_append_c(z->out, text);
	z->cut = z->out->overflow;
}

static void put_escaped(struct normaliser *z, const char *text)
{
	const char *start = text;
	for (const char *p = text;; p++) {
		const char *entity = NULL;
		if (*p == '<')
			entity = "&lt;";
		else if (*p == '>')
			entity = "&gt;";
		else if (*p == '&')
			entity = "&amp;";
		else if (*p == '"')
			entity = "&quot;";
		else if (*p != '\0')
			continue;
		if (!z->cut)
			buf_append(z->out, str_n(start, (size_t)(p - start)));
		z->cut = z->cut || z->out->overflow;
		if (*p == '\0')
			return;
		put(z, entity);
		start = p + 1;
	}
}

static void put_attributes(struct normaliser *z, xmlNode *node)
{
	static const char *const names[] = {
		"class", "id", "type", "href", "alt", "start", "border", "data-marker"};
	for (size_t i = 0; node->properties != NULL && i < ARRAY_LEN(names); i++) {
		xmlChar *value = xmlGetProp(node, (const xmlChar *)names[i]);
		if (value != NULL && strlen((const char *)value) <= MAX_ATTRIBUTE) {
			put(z, " ");
			put(z, names[i]);
			put(z, "=\"");
			put_escaped(z, (const char *)value);
			put(z, "\"");
		}
		xmlFree(value);
	}
}

/* Lines that a mail shows to lists of mails only, and what Outlook hides. */
static bool is_hidden(xmlNode *node)
{
	xmlChar *value = node->properties == NULL ? NULL : xmlGetProp(node, BAD_CAST "style");
	BUF_SCOPE(style, MAX_ATTRIBUTE);
	for (const xmlChar *p = value; p != NULL && *p != '\0' && !style.overflow; p++)
		if (*p > ' ')
			buf_append_byte(&style, (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p));
	xmlFree(value);
	return str_find(buf_str(&style), STR("display:none")) >= 0 ||
	       str_find(buf_str(&style), STR("mso-hide:all")) >= 0;
}

/* Writes the start of an element; true when its tag was written and must be closed. */
static bool open_element(struct normaliser *z, xmlNode *node, size_t depth)
{
	const char *name = (const char *)node->name;
	if (!is_name(name) || depth > HTML_MAX_LEVELS)
		return false;
	if (++z->elements > HTML_MAX_ELEMENTS) {
		z->cut = true;
		return false;
	}
	put(z, "<");
	put(z, name);
	put_attributes(z, node);
	put(z, ">");
	return !is_void(name);
}

static void close_element(struct normaliser *z, xmlNode *node, size_t depth)
{
	const char *name = (const char *)node->name;
	if (!is_name(name) || depth > HTML_MAX_LEVELS || is_void(name))
		return;
	put(z, "</");
	put(z, name);
	put(z, ">");
}

/* Without recursion: the depth is the mail's. */
static void walk(struct normaliser *z, xmlNode *top)
{
	size_t depth = 1;
	for (xmlNode *node = top; node != NULL && !z->cut;) {
		bool element = node->type == XML_ELEMENT_NODE;
		bool dropped = element && (is_dropped((const char *)node->name) || is_hidden(node));
		if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) {
			if (node->content != NULL)
				put_escaped(z, (const char *)node->content);
		} else if (element && !dropped) {
			bool open = open_element(z, node, depth);
			if (node->children != NULL) {
				node = node->children;
				depth++;
				continue;
			}
			if (open)
				close_element(z, node, depth);
		}
		while (node != top && node->next == NULL) {
			node = node->parent;
			depth--;
			close_element(z, node, depth);
		}
		node = node == top ? NULL : node->next;
	}
}

bool html_normalise(struct str html, struct buf *out)
{
	struct normaliser z = {.out = out};
	if (html.n == 0 || html.n > INT_MAX)
		return html.n == 0;
	htmlDocPtr document = htmlReadMemory(html.p, (int)html.n, NULL, "UTF-8", OPTIONS);
	if (document == NULL)
		return false;
	xmlNode *top = xmlDocGetRootElement(document);
	if (top != NULL)
		walk(&z, top);
	xmlFreeDoc(document);
	return !z.cut;
}
