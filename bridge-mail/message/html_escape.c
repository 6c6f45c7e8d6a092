/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/html_escape.h"

static const char *entity_of(char c, bool lines)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\n':
		return lines ? "<br>" : NULL;
	default:
		return NULL;
	}
}

static void escape(struct buf *out, struct str text, bool lines)
{
	size_t start = 0;
	for (size_t i = 0; i < text.n; i++) {
		const char *entity = entity_of(text.p[i], lines);
		if (entity == NULL)
			continue;
		buf_append(out, str_slice(text, start, i - start));
		buf_append_c(out, entity);
		start = i + 1;
	}
	buf_append(out, str_skip(text, start));
}

void html_escape(struct buf *out, struct str text)
{
	escape(out, text, false);
}

void html_escape_lines(struct buf *out, struct str text)
{
	escape(out, text, true);
}
