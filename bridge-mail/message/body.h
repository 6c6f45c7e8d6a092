/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mail's text as a chat message: plain and in Matrix's HTML, quotes of earlier mails folded
 * away. Never empty: where folding would leave nothing, nothing is folded.
 */
#ifndef PARVIS_BRIDGE_BODY_H
#define PARVIS_BRIDGE_BODY_H

#include <stdbool.h>

#include "bridge-mail/message/mail.h"
#include "common/base/arena.h"

/* An event may have 65,536 bytes with everything in it. */
#define BODY_MAX_PLAIN 16000
#define BODY_MAX_HTML  32000

struct body {
	struct str plain; /* empty only when the mail has no text at all */
	struct str html;  /* empty when plain says it all */
	bool folded;	  /* something was left out that stands in the original */
	bool cut;	  /* too long: the rest stands in the original */
};

/* `forward`: the mail is a forwarded one (by its subject): quotes are its content and stay. */
void body_make(struct arena *arena, const struct mail *mail, bool forward, struct body *out);

#endif
