/* SPDX-License-Identifier: Apache-2.0 */
/* An HTML body to a chat message: only allowed tags may come out, closed as they were opened. */
#include <stdlib.h>

#include "bridge-mail/message/body.h"
#include "common/base/mem.h"

#define MAX_DEPTH 256

static const char *const allowed[] = {"a", "strong", "em", "u", "del", "code", "sup", "sub",
	"blockquote", "ul", "ol", "li", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "br", "hr",
	"table", "thead", "tbody", "tr", "th", "td", "caption"};

static size_t tag_index(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
		if (str_eq_c(name, allowed[i]))
			return i;
	abort();
}

/* Reads what we wrote: "<name", perhaps one attribute, ">". */
static void check_html(struct str html)
{
	size_t open[MAX_DEPTH], depth = 0;
	for (;;) {
		ptrdiff_t lt = str_index(html, '<');
		if (lt < 0)
			break;
		html = str_skip(html, (size_t)lt + 1);
		ptrdiff_t gt = str_index(html, '>');
		if (gt < 0)
			abort();
		struct str tag = str_slice(html, 0, (size_t)gt);
		html = str_skip(html, (size_t)gt + 1);
		ptrdiff_t space = str_index(tag, ' ');
		struct str name = space < 0 ? tag : str_slice(tag, 0, (size_t)space);
		struct str attribute = space < 0 ? STR_EMPTY : str_skip(tag, (size_t)space + 1);
		if (attribute.n > 0 && !str_starts(attribute, STR("href=\"")) &&
			!str_starts(attribute, STR("start=\"")))
			abort();
		if (str_eq(name, STR("br")) || str_eq(name, STR("hr")))
			continue;
		if (str_starts(name, STR("/"))) {
			if (depth == 0 || open[--depth] != tag_index(str_skip(name, 1)))
				abort();
		} else {
			if (depth == MAX_DEPTH)
				abort();
			open[depth++] = tag_index(name);
		}
	}
	if (depth != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	struct mail mail = {.html = text};
	struct body body;
	/* The parser's process gives UTF-8 without NUL only. */
	if (!str_is_utf8(text) || str_contains_nul(text))
		return 0;
	ARENA_SCOPE(arena);
	body_make(arena, &mail, false, &body);
	if (body.plain.n > BODY_MAX_PLAIN || body.html.n > BODY_MAX_HTML)
		abort();
	if (!str_is_utf8(body.plain) || !str_is_utf8(body.html))
		abort();
	check_html(body.html);
	return 0;
}
