/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a room shows who wrote a mail: nothing for what is verified; a last line for what nobody
 * answers for; a first line where it may be somebody else, so that it is read before the text.
 */
#ifndef PARVIS_BRIDGE_SENDER_MARK_H
#define PARVIS_BRIDGE_SENDER_MARK_H

#include "bridge-mail/message/body.h"
#include "bridge-mail/store/verdicts.h"
#include "common/json/json_writer.h"

/* Adds the lines, in French and English. */
void sender_mark_add(struct arena *arena, const struct verdict *verdict, struct body *body);
/* "sender": {"state": "verified", "domain": ..., "reason": ...} inside the marker of the content. */
void sender_mark_write(struct json_writer *w, const struct verdict *verdict);

#endif
