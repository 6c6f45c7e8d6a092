/* SPDX-License-Identifier: Apache-2.0 */
/* The mails of an mbox file or of a Maildir, one after the other. Reads only. */
#ifndef PARVIS_BRIDGE_REPORT_SOURCE_H
#define PARVIS_BRIDGE_REPORT_SOURCE_H

#include <stdint.h>

#include "common/base/buf.h"

#define REPORT_MAIL_MAX ((size_t)64 * 1024 * 1024)

struct report_source;

/* A folder is a Maildir (cur and new, by name), a file an mbox (mboxo or mboxrd: lines that begin with
 * "From " behind an empty line begin a mail, one ">" before "From " is taken away). STATUS_NOT_FOUND;
 * STATUS_INVALID: neither. */
MUST_CHECK enum status report_source_open(const char *path, struct report_source **out);
void report_source_close(struct report_source **source);

/* The next mail replaces what is in `out`. STATUS_NOT_FOUND at the end; STATUS_TOO_LARGE: this one is
 * past the buffer's maximum and passed over; STATUS_IO. */
MUST_CHECK enum status report_source_next(struct report_source *source, struct buf *out);
/* Read so far, 0 to 100. */
int report_source_percent(const struct report_source *source);

#endif
