/* SPDX-License-Identifier: Apache-2.0 */
/* Text of any charset to clean UTF-8. */
#ifndef PARVIS_MAIL_PARSER_CHARSET_H
#define PARVIS_MAIL_PARSER_CHARSET_H

#include "common/base/arena.h"
#include "common/base/buf.h"

/* Appends `bytes`, said to be in `charset` (may be NULL, unknown or wrong: then UTF-8 when it is
 * that, else windows-1252). What cannot be read becomes U+FFFD. */
void charset_to_utf8(struct str bytes, const char *charset, struct buf *out);
/* Appends UTF-8 with LF line ends and without control characters but tab and LF. */
void charset_clean(struct str text, struct buf *out);
/* The charset that an HTML text names in a meta element, or NULL. */
const char *charset_of_html(struct arena *arena, struct str html);

#endif
