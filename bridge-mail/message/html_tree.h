/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTML mail as a small tree of our own: elements and texts, with the few attributes that mean
 * something here. It is read from the form into which the parser's process has brought the mail's
 * HTML (mail-parser/html.h): no scripts, styles, comments, forms, nor what is hidden. Bounded in
 * nodes and depth, so that it may be walked recursively. Lives in an arena.
 */
#ifndef PARVIS_BRIDGE_HTML_TREE_H
#define PARVIS_BRIDGE_HTML_TREE_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/str.h"

#define HTML_MAX_NODES 100000
#define HTML_MAX_DEPTH 60 /* what is deeper hangs from the last level */

enum html_attribute {
	HTML_CLASS,
	HTML_ID,
	HTML_TYPE,
	HTML_HREF,
	HTML_ALT,
	HTML_START,
	HTML_BORDER,
	HTML_DATA_MARKER,
	HTML_ATTRIBUTES, /* how many */
};

struct html_node {
	struct str name; /* of an element, lower case; empty for a text */
	struct str text;
	struct str attributes[HTML_ATTRIBUTES];
	struct html_node *parent;
	struct html_node *first_child;
	struct html_node *last_child;
	struct html_node *next;
	bool folded;	 /* quoted from an earlier mail: not shown */
	bool shows_data; /* of a table: not there for the layout only */
};

/* Never fails: what does not fit the form is taken for text or skipped. `html` is UTF-8. */
struct html_node *html_parse(struct arena *arena, struct str html);

static inline bool html_is(const struct html_node *node, const char *name)
{
	return str_eq_c(node->name, name);
}

/* The next node in the order of the document, {NULL} at the end. `root` bounds the walk. */
struct html_node *html_next(const struct html_node *root, struct html_node *node);
/* As above, past everything inside `node`. */
struct html_node *html_skip(const struct html_node *root, struct html_node *node);

#endif
