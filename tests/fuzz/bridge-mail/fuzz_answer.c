/* SPDX-License-Identifier: Apache-2.0 */
/* An event from a room to a mail: whatever a client writes, the mail keeps its form. */
#include <stdlib.h>

#include "bridge-mail/message/headers.h"
#include "bridge-mail/outbound/answer_event.h"
#include "bridge-mail/outbound/client_html.h"
#include "bridge-mail/outbound/compose.h"

#define MAIL_MAX ((size_t)8 * 1024 * 1024)

/* Headers that we write, once each at most, and no others. */
static const char *const known[] = {"From", "To", "Cc", "Subject", "Date", "Message-ID",
	"In-Reply-To", "References", "X-Parvis-Loop", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding"};

static void check_headers(struct arena *arena, struct str mail)
{
	struct headers headers;
	size_t found = 0;
	headers_read(arena, mail, &headers);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (headers_count(&headers, known[i]) > 1)
			abort();
		found += headers_has(&headers, known[i]);
	}
	if (found != headers.count || !headers_has(&headers, "MIME-Version"))
		abort();
}

/* CR LF and nothing else ends a line; no line is a lone dot. */
static void check_lines(struct str mail)
{
	size_t line = 0;
	for (size_t i = 0; i < mail.n; i++) {
		char c = mail.p[i];
		if ((unsigned char)c >= 0x80 || c == '\0' || ++line > 1000)
			abort();
		if ((c == '\r') != (i + 1 < mail.n && mail.p[i + 1] == '\n'))
			abort();
		if (c == '\n') {
			if (line == 3 && mail.p[i - 2] == '.')
				abort();
			line = 0;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mail_address to = {STR_INIT("Jean"), STR_INIT("jean@x")};
	struct str text = str_n((const char *)data, size);
	const struct json *json = NULL;
	struct answer_event event;
	ARENA_SCOPE(arena);
	BUF_SCOPE(out, MAIL_MAX);
	if (json_parse(arena, text, &json, NULL) != STATUS_OK ||
		answer_event_read(arena, json, &event) != STATUS_OK)
		return 0;
	struct compose_file file = {event.file_name, event.file_type, event.text};
	struct compose_mail mail = {
		.from = {event.sender, STR("voirie@ville.example")},
		.to = &to,
		.to_count = 1,
		.subject = event.text,
		.message_id = STR("a@x"),
		.in_reply_to = event.replies,
		.references = &event.thread,
		.reference_count = 1,
		.loop_value = STR("seal"),
		.text = event.text,
		.html = client_html(arena, event.html),
		.files = &file,
		.file_count = event.mxc.n > 0,
	};
	if (compose_write(&mail, &out) != STATUS_OK)
		return 0;
	check_headers(arena, buf_str(&out));
	check_lines(buf_str(&out));
	return 0;
}
