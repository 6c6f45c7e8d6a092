/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an IMAP server says (RFC 9051, 4 and 7), cut into responses. A literal inside a response
 * stays in its text, except that of BODY[]: a mail is given out as it comes in, so that its size
 * costs no memory. Knows no socket.
 *
 *	for (struct str input = ...;;) {
 *		switch (imap_reader_step(reader, &input, &bytes)) {
 *		case IMAP_READ_MORE:       input is used up
 *		case IMAP_READ_BODY_START: a mail begins, reader->body_size bytes long
 *		case IMAP_READ_BODY:       `bytes` of it
 *		case IMAP_READ_RESPONSE:   `bytes` is a whole response without its CR LF, until the
 *		                           next step; a mail's literal stands in it as "{0}"
 *		case IMAP_READ_ERROR:      this is not IMAP, or past the limits: close
 *		}
 *	}
 */
#ifndef PARVIS_BRIDGE_IMAP_READER_H
#define PARVIS_BRIDGE_IMAP_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"

#define IMAP_TEXT_MAX	 (2 * (size_t)1024 * 1024) /* bytes of a response without a mail */
#define IMAP_LITERAL_MAX (64 * 1024)		   /* bytes of a literal that is not a mail */
#define IMAP_BODY_MAX	 (INT64_C(1) << 31)	   /* bytes of a mail, which may be skipped */

struct imap_reader {
	enum { IMAP_AT_TEXT, IMAP_AT_LITERAL, IMAP_AT_BODY, IMAP_AT_END } state;
	struct buf text;
	size_t line_at; /* where the line under way begins in it */
	int64_t left;	/* bytes of the literal that are still to come */
	bool has_body;
	int64_t body_size;
};

void imap_reader_init(struct imap_reader *reader);
void imap_reader_release(struct imap_reader *reader);

enum imap_read {
	IMAP_READ_MORE,
	IMAP_READ_BODY_START,
	IMAP_READ_BODY,
	IMAP_READ_RESPONSE,
	IMAP_READ_ERROR,
};

enum imap_read imap_reader_step(
	struct imap_reader *reader, struct str *input, struct str *bytes_out);

#endif
