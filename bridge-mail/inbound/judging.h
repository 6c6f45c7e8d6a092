/* SPDX-License-Identifier: Apache-2.0 */
/* The judge (trust/judge.h) for the processor, with DNS behind it and rows in front: each mail is
 * judged once. */
#ifndef PARVIS_BRIDGE_JUDGING_H
#define PARVIS_BRIDGE_JUDGING_H

#include "bridge-mail/bridge.h"
#include "bridge-mail/message/mail.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/verdicts.h"

struct judging;

/* NULL with verify_senders_off, or when DNS cannot be asked at all (said in the log). */
struct judging *judging_new(struct bridge *bridge);
void judging_free(struct judging **judging);

/* VERDICT_NONE without a judge. STATUS_IO: try later. `db` is a reader of the calling thread. */
MUST_CHECK enum status judging_run(struct judging *judging, struct db *db, struct arena *arena,
	const struct delivery *delivery, const struct mail *mail, const char *mail_path,
	struct verdict *out);

#endif
