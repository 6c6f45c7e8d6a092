/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail from what an agent wrote (RFC 5322, 2045-2047). The same input always gives the same
 * bytes: a mail composed again after a crash is the same mail. Every line ends with CR LF, has 998
 * characters at most, and is ASCII but for addresses that are not.
 */
#ifndef PARVIS_BRIDGE_COMPOSE_H
#define PARVIS_BRIDGE_COMPOSE_H

#include <stddef.h>
#include <stdint.h>

#include "bridge-mail/message/mail.h"
#include "common/base/buf.h"

#define COMPOSE_MAX_REFERENCES 20

struct compose_file {
	struct str name; /* UTF-8 */
	struct str content_type;
	struct str bytes;
};

/* A header of its own, as it goes over the wire: List-Id and the like; a comma has a space behind it. */
struct compose_header {
	const char *name;
	struct str value;
};

struct compose_mail {
	struct mail_address from; /* the mailbox's address, never an agent's */
	const struct mail_address *to;
	size_t to_count;
	const struct mail_address *cc;
	size_t cc_count;
	struct str subject; /* without "Re:" */
	bool is_reply;	    /* "Re: " goes in front */
	int64_t date_ms;
	struct str message_id;	      /* ids are without <> */
	struct str in_reply_to;	      /* empty: none */
	const struct str *references; /* oldest first, in_reply_to last */
	size_t reference_count;	      /* of many the first is kept and the newest */
	struct str loop_value;	      /* X-Parvis-Loop */
	struct str thread_index;      /* Outlook's, as bytes; empty: none */
	struct str text;	      /* UTF-8, LF line ends */
	struct str html;	      /* of the allow-list; empty: only the text */
	const struct compose_file *files;
	size_t file_count;
	const struct compose_header *headers; /* more of them */
	size_t header_count;
};

/* STATUS_INVALID: no usable address in `from` or `to`; STATUS_TOO_LARGE: past the buffer's maximum.
 */
MUST_CHECK enum status compose_write(const struct compose_mail *mail, struct buf *out);

#endif
