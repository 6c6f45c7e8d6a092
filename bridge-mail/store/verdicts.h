/* SPDX-License-Identifier: Apache-2.0 */
/* Who wrote a mail, as far as it can be told (trust/judge.h): judged once, then kept, so that a
 * mail worked off again after a crash makes the same messages. */
#ifndef PARVIS_BRIDGE_STORE_VERDICTS_H
#define PARVIS_BRIDGE_STORE_VERDICTS_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

enum verdict_state {
	VERDICT_NONE = 0,	/* not judged: switched off */
	VERDICT_VERIFIED = 1,	/* the domain in From answers for it */
	VERDICT_UNVERIFIED = 2, /* nobody answers for it */
	VERDICT_FAILED =
		3, /* the domain in From says that its mails can be verified, this cannot */
};

enum verdict_flags {
	VERDICT_OURS =
		1 << 0, /* From is at a domain of our mailboxes: an agent, or who claims it */
	VERDICT_MISLEADING = 1 << 1, /* the domain is written to be taken for another */
};

struct verdict {
	enum verdict_state state;
	unsigned flags;	   /* enum verdict_flags */
	struct str domain; /* of From, A-labels, lower case; may be empty */
	struct str reason; /* for people who look closer, English, one line */
};

MUST_CHECK enum status verdict_put(struct db_tx *tx, int64_t mail_id, const struct verdict *verdict)
	REQUIRES(on_writer);
MUST_CHECK enum status verdict_get(
	struct db *db, int64_t mail_id, struct arena *arena, struct verdict *out);

#endif
