/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses the mode and the size of the pieces in which the rest arrives. */
#include <stdlib.h>

#include "bridge-mail/inbound/smtp.h"

#define MAX_BYTES 4096

static int64_t mailbox_of(void *context, struct str address)
{
	(void)context;
	return address.n % 3;
}

static bool feed(struct smtp_session *session, struct str input, int64_t *received)
{
	for (;;) {
		struct str bytes = STR_EMPTY;
		switch (smtp_step(session, &input, &bytes)) {
		case SMTP_MORE:
			if (input.n != 0 || smtp_replies(session)->overflow)
				abort();
			buf_clear(smtp_replies(session));
			return true;
		case SMTP_FLUSH:
			buf_clear(smtp_replies(session));
			break;
		case SMTP_WRITE:
			*received += (int64_t)bytes.n;
			if (*received > MAX_BYTES)
				abort();
			break;
		case SMTP_STORE:
			*received = 0;
			smtp_stored(session, input.n % 2 == 0 ? STATUS_OK : STATUS_IO, 7);
			break;
		case SMTP_DROP:
			*received = 0;
			break;
		case SMTP_CLOSE:
			return false;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct smtp_config config = {
		.mode = data[0] & 1 ? SMTP_MODE_LMTP : SMTP_MODE_SMTP,
		.host_name = "ville.example",
		.max_bytes = MAX_BYTES,
		.mailbox_of = mailbox_of,
	};
	size_t piece = data[0] < 2 ? size : data[0] / 2;
	struct str text = str_n((const char *)data + 1, size - 1);
	struct smtp_session *session = smtp_new(&config);
	int64_t received = 0;
	for (size_t i = 0; i < text.n; i += piece)
		if (!feed(session, str_slice(text, i, piece), &received))
			break;
	smtp_free(&session);
	return 0;
}
