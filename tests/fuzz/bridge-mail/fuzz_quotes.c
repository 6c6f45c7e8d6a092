/* SPDX-License-Identifier: Apache-2.0 */
/* A plain body to a chat message: never longer, never empty when it was not. */
#include <stdlib.h>

#include "bridge-mail/message/body.h"
#include "bridge-mail/message/quote_markers.h"
#include "bridge-mail/message/quotes.h"

static bool is_blank(struct str text)
{
	struct str line;
	while (text.n > 0 && str_cut(&text, '\n', &line))
		if (quote_trim(line).n > 0)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	struct quotes quotes;
	struct body body;
	if (!str_is_utf8(text) || str_contains_nul(text))
		return 0;
	ARENA_SCOPE(arena);
	quotes_fold(arena, text, false, &quotes);
	if (quotes.text.n > text.n || (quotes.text.n == 0 && !is_blank(text)))
		abort();
	struct mail mail = {.text = text};
	body_make(arena, &mail, true, &body);
	if (!str_is_utf8(body.plain) || !str_is_utf8(body.html))
		abort();
	return 0;
}
