/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers of mails that we write (RFC 5322, 2047, 2231). Values come from chat and from other
 * mails, so none is trusted: control characters, CR, LF and NUL among them, become spaces, and
 * what is not ASCII becomes encoded words. Lines stay under 78 characters where they can be cut.
 */
#ifndef PARVIS_BRIDGE_HEADER_WRITE_H
#define PARVIS_BRIDGE_HEADER_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge-mail/message/mail.h"
#include "common/base/buf.h"

/* Whether mail can be addressed to it as it stands: local@domain as dot-atoms (RFC 5321, 4.1.2;
 * letters beyond ASCII allowed, RFC 6531), 254 bytes at most. */
bool header_address_ok(struct str address);

/* "Name: text" CR LF. */
void header_text(struct buf *out, const char *name, struct str text);
/* "Name: "Jean" <jean@a>, ..." Addresses that are not header_address_ok() are left out; nothing
 * is written when none is left. */
void header_addresses(
	struct buf *out, const char *name, const struct mail_address *list, size_t count);
/* "Name: <a> <b>", one a line. Ids with spaces, angle brackets or control characters are left out;
 * nothing is written when none is left. */
void header_ids(struct buf *out, const char *name, const struct str *ids, size_t count);
/* "Date: Sat, 21 Nov 2026 18:00:00 +0000". */
void header_date(struct buf *out, int64_t ms);
/* "; name=value" as RFC 2231 asks, on lines of its own. */
void header_parameter(struct buf *out, const char *name, struct str value);

#endif
