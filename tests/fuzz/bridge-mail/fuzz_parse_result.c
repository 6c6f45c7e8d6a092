/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of a parser that a mail has taken over, and what is made of it. */
#include <stdlib.h>

#include "bridge-mail/message/body.h"
#include "bridge-mail/message/parse_result.h"
#include "common/base/arena.h"

static void check_line(struct str text)
{
	if (!str_is_utf8(text))
		abort();
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mail mail = {0};
	struct body body;
	ARENA_SCOPE(arena);
	/* There is no such folder: attachments end in a refusal. */
	if (parse_result_read("/nonexistent", str_n((const char *)data, size), arena, &mail) !=
		STATUS_OK)
		return 0;
	check_line(mail.subject);
	check_line(mail.from.name);
	check_line(mail.from.address);
	for (size_t i = 0; i < mail.to.count; i++)
		check_line(mail.to.items[i].address);
	body_make(arena, &mail, false, &body);
	return 0;
}
