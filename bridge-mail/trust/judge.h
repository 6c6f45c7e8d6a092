/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who wrote a mail, as far as it can be told. It is
 *
 *	verified	when the domain in From answers for it: a DKIM signature of that domain (or, unless
 *			its DMARC policy is strict, of its organization) fits, or a mail server that is
 *			configured says so in the topmost Authentication-Results
 *	failed		when it is not, and the domain asks that such mails not be believed (a DMARC
 *			policy of quarantine or reject), or when there are several From
 *	unverified	otherwise, also when DNS cannot be asked now
 */
#ifndef PARVIS_BRIDGE_JUDGE_H
#define PARVIS_BRIDGE_JUDGE_H

#include <stdatomic.h>

#include "bridge-mail/store/verdicts.h"
#include "bridge-mail/trust/lookup.h"
#include "config/config.h"

struct judge;

/* `lookup` is copied. */
struct judge *judge_new(const struct config_bridge_mail *config, const struct lookup *lookup);
void judge_free(struct judge **judge);

/* `path` is the mail's file, `from` its author's address as it was parsed; `now` in ms. STATUS_IO,
 * STATUS_NOT_FOUND (no file). Texts of the verdict live in the arena. */
MUST_CHECK enum status judge_mail(struct judge *judge, struct arena *arena, const char *path,
	struct str from, int64_t now, struct verdict *out);

#endif
