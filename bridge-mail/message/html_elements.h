/* SPDX-License-Identifier: Apache-2.0 */
/* What the elements of a mail's HTML become in a chat message: the allow-list. */
#ifndef PARVIS_BRIDGE_HTML_ELEMENTS_H
#define PARVIS_BRIDGE_HTML_ELEMENTS_H

#include "bridge-mail/message/html_tree.h"

enum html_kind {
	HTML_TRANSPARENT, /* unknown, or only looks: its content stands for it */
	HTML_INLINE,	  /* kept: b, em, code, a ... */
	HTML_BLOCK,	  /* kept: blockquote, ul, pre, h2 ... */
	HTML_LINE,	  /* its content stands on lines of its own: div */
	HTML_PARAGRAPH,	  /* and has a blank line around it: p */
	HTML_BREAK,	  /* br */
	HTML_RULE,	  /* hr */
	HTML_IMAGE,	  /* its alternative text */
	HTML_CELL,	  /* of a table that only makes a layout */
};

struct html_element {
	const char *name;
	enum html_kind kind;
	const char *tag; /* as which it is kept; constant */
};

/* Never NULL; texts are HTML_TRANSPARENT. Tables are kept when they show data (headings or a
 * border), and taken apart when they only arrange. */
const struct html_element *html_element_of(const struct html_node *node);

/* The link of an <a>, when its scheme may be kept (http, https, mailto); else empty. */
struct str html_link_of(const struct html_node *node);

#endif
