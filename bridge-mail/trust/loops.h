/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops and automatic mail (RFC 3834, RFC 5321 6.3): what must not enter a room again, and what
 * no machine may ever answer.
 */
#ifndef PARVIS_BRIDGE_LOOPS_H
#define PARVIS_BRIDGE_LOOPS_H

#include <stdbool.h>

#include "bridge-mail/message/mail.h"

#define LOOPS_MAX_HOPS 50 /* Received headers */

enum loop_verdict {
	LOOP_NONE,
	LOOP_OURS, /* a mail that we sent has come back */
	LOOP_HOPS, /* it has been going round for long */
};

enum loop_verdict loops_judge(struct str secret, const struct mail *mail);

/* Whether it was written by a program: shown as a notice, never answered by one. `mail_from` is
 * the envelope's sender, empty for the null sender. */
bool loops_is_automatic(const struct mail *mail, struct str mail_from);

#endif
