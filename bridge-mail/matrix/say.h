/* SPDX-License-Identifier: Apache-2.0 */
/* What the bridge itself says in a room, each thing once, whatever a crash leaves open. */
#ifndef PARVIS_BRIDGE_MATRIX_SAY_H
#define PARVIS_BRIDGE_MATRIX_SAY_H

#include "bridge-mail/matrix/matrix.h"

struct saying {
	struct str room_id;
	struct str as;	     /* empty: the bot */
	struct str reply_to; /* event, or empty */
	struct str txn_id;   /* say_txn_id() */
	struct str text;
	struct str html; /* or empty */
};

/* The same thing about the same two texts always gives the same id. */
struct str say_txn_id(struct arena *arena, const char *kind, struct str a, struct str b);
/* As a notice. A room that is gone, or that we were shown out of, cannot be told anything: that is
 * STATUS_OK. Otherwise as in matrix/client.h, for what a later try may change. */
MUST_CHECK enum status say(const struct matrix_session *session, const struct saying *saying);
/* STATUS_OK for a refusal that no later try changes. */
MUST_CHECK enum status say_settle(enum status status);

#endif
