/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a mail to a room with guests: a guest's goes into the room, a stranger's as the
 * room's policy says, and a wish ("stop", "digest day") is done. On the writer. */
#ifndef PARVIS_BRIDGE_GUEST_ARRIVE_H
#define PARVIS_BRIDGE_GUEST_ARRIVE_H

#include "bridge-mail/bridge.h"
#include "bridge-mail/message/mail.h"
#include "bridge-mail/store/mails.h"

struct arrival {
	enum {
		ARRIVES_ELSEWHERE, /* the mailbox is none of these */
		ARRIVES_IN_ROOM,   /* to be posted in `thread_id` */
		ARRIVES_NOWHERE,   /* `state` and `reason` say why */
	} where;
	int64_t thread_id;
	enum delivery_state state;
	struct str reason;
	bool wake; /* outbound/answers.c has something to do */
};
MUST_CHECK enum status guest_arrive(struct db_tx *tx, const struct mail *mail,
	const struct delivery *delivery, struct arrival *out) REQUIRES(on_writer);

#endif
