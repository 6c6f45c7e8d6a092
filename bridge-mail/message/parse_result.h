/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what parvis-mail-parser wrote. Its process may have been taken over by the mail: every
 * string is checked and cleaned again, every number has its bounds. */
#ifndef PARVIS_BRIDGE_PARSE_RESULT_H
#define PARVIS_BRIDGE_PARSE_RESULT_H

#include "bridge-mail/message/mail.h"
#include "common/base/arena.h"

#define PARSE_RESULT_MAX (16 * (size_t)MAIL_MAX_TEXT) /* bytes of JSON */

/* Fills in what the parser knows, attachments with their hashes. STATUS_INVALID when it is not
 * what the parser writes; STATUS_IO. */
MUST_CHECK enum status parse_result_read(
	const char *folder, struct str json_text, struct arena *arena, struct mail *mail);

#endif
