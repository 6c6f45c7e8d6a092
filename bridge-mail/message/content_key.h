/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes two mails the same message: what their author wrote, not the way they came. A hash
 * over From, Date, Subject and Message-ID and the body with LF line ends and without blank lines
 * at its end; Received and other trace headers do not count.
 */
#ifndef PARVIS_BRIDGE_CONTENT_KEY_H
#define PARVIS_BRIDGE_CONTENT_KEY_H

#include "bridge-mail/message/headers.h"

/* Reads the rest of the file from headers->body_at. 64 hex digits in *out. STATUS_IO. */
MUST_CHECK enum status content_key(
	struct arena *arena, const struct headers *headers, int fd, struct str *out);

#endif
