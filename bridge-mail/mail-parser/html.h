/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTML as mails have it, brought into the one form that message/html_tree.h reads: lower-case
 * names, the attributes that mean something there, quoted, every element closed but br, hr and
 * img, only &lt; &gt; &amp; &quot; as entities. Scripts, styles, comments, forms and what is
 * hidden are gone. Done here because libxml takes the square of a tag's attributes in time, and
 * parses what strangers write: both belong into this process with its limits.
 */
#ifndef PARVIS_MAIL_PARSER_HTML_H
#define PARVIS_MAIL_PARSER_HTML_H

#include <stdbool.h>

#include "common/base/buf.h"

#define HTML_MAX_ELEMENTS 50000
#define HTML_MAX_LEVELS	  60 /* tags of what is deeper are left out, its text is kept */

/* Appends; false when something had to be left out for the buffer's or our limits. `html` is
 * UTF-8. What cannot be parsed gives nothing. */
bool html_normalise(struct str html, struct buf *out);

#endif
