/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports on mails of ours that came back: the standard form (RFC 3464), and what servers wrote
 * before it or beside it. A report is believed only when it proves to know the mail: by the
 * Message-ID that we sealed, or by the envelope sender that we did (thread/return_path.h). It is
 * noted beside the recipient and told in the room where the mail was written; it never becomes a
 * message, and nothing is ever sent in answer to it.
 */
#ifndef PARVIS_BRIDGE_BOUNCES_H
#define PARVIS_BRIDGE_BOUNCES_H

#include "bridge-mail/bridge.h"
#include "bridge-mail/message/mail.h"
#include "bridge-mail/store/mails.h"

/* *taken_out: it was such a report, and the delivery is done. STATUS_IO: try later. `db` is a
 * reader of the calling thread. */
MUST_CHECK enum status bounces_take(struct bridge *bridge, struct db *db, struct arena *arena,
	struct delivery *delivery, const struct mail *mail, bool *taken_out);

#endif
