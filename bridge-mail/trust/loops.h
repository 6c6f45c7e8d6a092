/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops and automatic mail (RFC 3834, RFC 5321 6.3): what must not enter a room again, and what
 * no machine may ever answer.
 */
#ifndef PARVIS_BRIDGE_LOOPS_H
#define PARVIS_BRIDGE_LOOPS_H

#include <stdbool.h>
#include <stddef.h>

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

enum loops_answer {
	LOOPS_ANSWER,	     /* a machine of ours may answer, to the envelope's sender */
	LOOPS_AUTOMATIC,     /* a machine wrote it, or a list brought it */
	LOOPS_UNWANTED,	     /* its sender's program wants no answers of machines */
	LOOPS_LOOP,	     /* it is from us, or carries a loop header of a bridge */
	LOOPS_NOT_ADDRESSED, /* we are neither in To nor in Cc: in BCC, or by a list */
};

/* Whether a machine of ours may answer by itself (RFC 3834, 2), but for how often:
 * store/automatic.h. `ours` are the addresses that the mail was delivered to and stands for. */
enum loops_answer loops_may_answer(
	const struct mail *mail, struct str mail_from, const struct str *ours, size_t our_count);

#endif
