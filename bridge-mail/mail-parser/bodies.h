/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a mail's parts: which are its text, which are attachments. */
#ifndef PARVIS_MAIL_PARSER_BODIES_H
#define PARVIS_MAIL_PARSER_BODIES_H

#include <gmime/gmime.h>

#include "bridge-mail/mail-parser/reader.h"

MUST_CHECK enum status bodies_collect(struct read_mail *mail, GMimeMessage *message);

/* A decoded header or file name: one line, no control characters, cut at `max` bytes on a
 * character's border. */
struct str clean_line(struct arena *arena, const char *text, size_t max);

#endif
