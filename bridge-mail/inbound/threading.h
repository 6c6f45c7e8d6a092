/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a parsed mail to rows: is it new, which thread, who takes part, which events it will
 * make. All in one change, so that a crash leaves the delivery either untouched or decided.
 */
#ifndef PARVIS_BRIDGE_THREADING_H
#define PARVIS_BRIDGE_THREADING_H

#include "bridge-mail/bridge.h"
#include "bridge-mail/message/mail.h"
#include "bridge-mail/store/mails.h"

/* The part of a delivery that carries the original mail as a file. */
#define PART_ORIGINAL 1000

/* delivery->state and thread_id are brought up to date: THREADED, DUPLICATE or FAILED.
 * `with_original`: the mail as it came is posted as well. */
MUST_CHECK enum status threading_decide(struct bridge *bridge, const struct mail *mail,
	bool with_original, struct delivery *delivery);

#endif
