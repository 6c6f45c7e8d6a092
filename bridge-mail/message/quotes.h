/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain text: the author's words, and what is quoted from earlier mails. Quotes at the end go;
 * where new text stands behind a quote (answers between the lines) all "> " quotes stay. What is
 * left out stands in the original.
 */
#ifndef PARVIS_BRIDGE_QUOTES_H
#define PARVIS_BRIDGE_QUOTES_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/base/str.h"

struct quotes {
	struct str text; /* what is shown; empty only when the input has no text */
	bool folded;	 /* something was left out */
	bool has_quotes; /* lines with "> " are part of what is shown */
};

/* LF line ends. `forward`: everything is content. Linear in the text. */
void quotes_fold(struct arena *arena, struct str text, bool forward, struct quotes *out);

/* The text as HTML: "> " lines as blockquotes, others with <br>. */
struct str quotes_to_html(struct arena *arena, struct str text);

#endif
