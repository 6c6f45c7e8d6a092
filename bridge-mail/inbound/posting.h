/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting a threaded delivery into its room: room, ghost, then one event after the other. Each
 * has a row that says how far it has got; one whose answer was not seen is looked for in the room
 * before it is sent again.
 */
#ifndef PARVIS_BRIDGE_POSTING_H
#define PARVIS_BRIDGE_POSTING_H

#include <stdbool.h>

#include "bridge-mail/bridge.h"
#include "bridge-mail/message/body.h"
#include "bridge-mail/message/mail.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/verdicts.h"

struct posting {
	struct bridge *bridge;
	struct db *db; /* reader of the calling thread */
	struct arena *arena;
	const struct delivery *delivery;
	const struct mail *mail;
	const struct body *body;
	const struct verdict *verdict; /* on who wrote it */
	const char *mail_path;	       /* of the original */
};

/* STATUS_OK when everything is in the room; otherwise as in room_port.h, with the step that
 * failed in *why_out (a constant). */
MUST_CHECK enum status posting_run(const struct posting *posting, const char **why_out);

/* Whether a failure is one of the moment: the same may succeed later. */
bool posting_may_retry(enum status status);

#endif
