/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a mail, and what is read out of them. */
#include <stdlib.h>

#include "bridge-mail/message/headers.h"
#include "bridge-mail/message/mail_kind.h"
#include "bridge-mail/message/references.h"
#include "bridge-mail/thread/subject.h"
#include "bridge-mail/thread/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);
	struct headers headers;
	struct subject subject;
	struct str token;
	ARENA_SCOPE(arena);
	headers_read(arena, text, &headers);
	if (headers.body_at > size || headers.count > HEADERS_MAX)
		abort();
	(void)mail_kind_flags(&headers);
	for (size_t i = 0; i < headers.count; i++) {
		struct mail_ids ids = references_read(arena, headers.items[i].value, 5);
		if (ids.count > 5)
			abort();
		for (size_t k = 0; k < ids.count; k++)
			(void)token_read(STR("secret"), ids.items[k], &token);
		(void)references_message_id(arena, headers.items[i].value);
		subject_read(arena, headers.items[i].value, &subject);
	}
	return 0;
}
