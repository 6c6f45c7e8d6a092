/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's side of SMTP (RFC 5321) and LMTP (RFC 2033) as a state machine: bytes go in,
 * replies and actions come out. It knows no socket, no clock, no disk.
 *
 * Extensions: PIPELINING (2920), 8BITMIME (6152), SMTPUTF8 (6531), SIZE (1870),
 * ENHANCEDSTATUSCODES (2034). In LMTP each accepted recipient gets a status of its own after the
 * data.
 *
 * The end of a mail is CR LF . CR LF and nothing else: a bare CR or LF inside a mail is content
 * (what is called smuggling, CVE-2023-51764, needs a server that takes it for a line's end).
 * A command line with a bare LF ends the connection, as does the method of an HTTP request.
 *
 *	for (struct str input = ...;;) {
 *		switch (smtp_step(session, &input, &bytes)) {
 *		case SMTP_MORE:  input is used up: send smtp_replies(), read more
 *		case SMTP_FLUSH: send smtp_replies(), go on
 *		case SMTP_WRITE: append `bytes` to the mail being received
 *		case SMTP_STORE: the mail is complete: store it durably, then smtp_stored()
 *		case SMTP_DROP:  throw away what was received of the mail
 *		case SMTP_CLOSE: send smtp_replies(), close
 *		}
 *	}
 */
#ifndef PARVIS_BRIDGE_SMTP_H
#define PARVIS_BRIDGE_SMTP_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

#define SMTP_MAX_LINE	    2048 /* bytes of a command with its CRLF */
#define SMTP_MAX_PATH	    254	 /* bytes of an address */
#define SMTP_MAX_RECIPIENTS 100	 /* of one mail */
#define SMTP_MAX_ERRORS	    10	 /* refused commands before the connection ends */
#define SMTP_MAX_COMMANDS   1000 /* between two mails */

enum smtp_mode { SMTP_MODE_SMTP, SMTP_MODE_LMTP };

struct smtp_config {
	enum smtp_mode mode;
	const char *host_name; /* in the greeting */
	int64_t max_bytes;     /* of a mail */
	/* The mailbox of an address, 0 when there is none. The address as given, without <>. */
	int64_t (*mailbox_of)(void *context, struct str address);
	void *context;
};

struct smtp_recipient {
	int64_t mailbox_id;
	char address[SMTP_MAX_PATH + 1];
};

struct smtp_session;

/* The greeting is waiting in smtp_replies(). The config is copied. */
struct smtp_session *smtp_new(const struct smtp_config *config);
void smtp_free(struct smtp_session **session);

enum smtp_action { SMTP_MORE, SMTP_FLUSH, SMTP_WRITE, SMTP_STORE, SMTP_DROP, SMTP_CLOSE };

/* Uses up some or all of *input. *bytes_out is set with SMTP_WRITE and lives until the next
 * step. */
enum smtp_action smtp_step(struct smtp_session *session, struct str *input, struct str *bytes_out);
/* What to send; the caller clears it once sent. Never over 16 KiB. */
struct buf *smtp_replies(struct smtp_session *session);

/* At SMTP_STORE: the envelope. */
struct str smtp_mail_from(const struct smtp_session *session); /* empty: null sender */
const struct smtp_recipient *smtp_recipients(const struct smtp_session *session, size_t *count_out);
/* STATUS_OK: 250, with the mail's number. Otherwise 451, or 552 for STATUS_TOO_LARGE. */
void smtp_stored(struct smtp_session *session, enum status status, int64_t mail_id);

/* A mail is being received or was given up. */
bool smtp_in_mail(const struct smtp_session *session);
/* Adds "421 4.x host reason", for time-outs and shutdown. */
void smtp_goodbye(struct smtp_session *session, const char *code_and_reason);

#endif
