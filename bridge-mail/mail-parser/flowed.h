/* SPDX-License-Identifier: Apache-2.0 */
/* Text of the type text/plain; format=flowed (RFC 3676): lines that were broken only to fit. */
#ifndef PARVIS_MAIL_PARSER_FLOWED_H
#define PARVIS_MAIL_PARSER_FLOWED_H

#include <stdbool.h>

#include "common/base/buf.h"

/* Appends the text (LF line ends) with flowed lines joined and stuffed spaces taken away. Quoted
 * lines come out as "> " for each level. `delsp`: the space at a line's end is not part of the
 * text. */
void flowed_join(struct str text, bool delsp, struct buf *out);

#endif
