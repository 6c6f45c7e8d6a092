/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail as the parser's process sees it: what the MIME library makes of it, brought down to
 * what message/mail.h has room for. Text is clean UTF-8. Attachments are written as files
 * "part-N" into a folder. Everything lives in one arena.
 */
#ifndef PARVIS_MAIL_PARSER_READER_H
#define PARVIS_MAIL_PARSER_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge-mail/message/mail.h"
#include "common/base/arena.h"
#include "common/base/buf.h"

struct read_addresses {
	struct mail_address *items;
	size_t count;
};

struct read_attachment {
	unsigned number; /* of the file "part-N" */
	struct str name; /* as the mail says, cleaned of control characters; may be empty */
	struct str content_type;
	struct str content_id;
	int64_t size;
	bool inline_part;
};

struct read_mail {
	struct arena *arena;
	int folder_fd; /* where attachments go; not owned */
	struct read_addresses from, reply_to, to, cc;
	struct str subject;
	struct str topic;
	int64_t date_ms;
	struct buf text; /* max MAIL_MAX_TEXT */
	struct buf html; /* as mail-parser/html.h makes it; max MAIL_MAX_HTML */
	struct read_attachment *attachments;
	size_t attachment_count;
	struct mail_report *reports;
	size_t report_count;
	struct str returned_id;
	unsigned flags; /* of enum mail_flags: CUT, SIGNED, ENCRYPTED, DELIVERY_REPORT */
};

void read_mail_init(struct read_mail *mail, struct arena *arena, int folder_fd);
void read_mail_release(struct read_mail *mail);

/* Parses the regular file. STATUS_INVALID when its headers may not be parsed or no message comes
 * of it; STATUS_IO when an attachment cannot be written. */
MUST_CHECK enum status read_mail_parse(struct read_mail *mail, int mail_fd);

/* The bounded serialisation that message/parse.c reads: one JSON object. */
void read_mail_write(const struct read_mail *mail, struct buf *out);

#endif
