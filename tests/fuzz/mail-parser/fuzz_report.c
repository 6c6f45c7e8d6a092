/* SPDX-License-Identifier: Apache-2.0 */
/* Delivery reports: whatever comes, clean text of bounded length. */
#include <stdlib.h>

#include "bridge-mail/mail-parser/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str s)
{
	if (s.n > 998 || !str_is_utf8(s) || str_index(s, '\n') >= 0 || str_contains_nul(s))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	struct mail_report items[5];
	size_t count = 0;
	struct str text = str_n((const char *)data, size);
	report_read(arena, text, items, 5, &count);
	if (count > 5)
		abort();
	for (size_t i = 0; i < count; i++) {
		check(items[i].recipient);
		check(items[i].original);
		check(items[i].action);
		check(items[i].status);
		check(items[i].said);
	}
	check(report_returned_id(arena, text));
	return 0;
}
