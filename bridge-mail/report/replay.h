/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mails through the bridge's own steps (inbound/handling.h) with nobody behind them: rows in a
 * database of its own that is thrown away, rooms that only count, no network. What is measured is what
 * the running bridge would have done.
 */
#ifndef PARVIS_BRIDGE_REPORT_REPLAY_H
#define PARVIS_BRIDGE_REPORT_REPLAY_H

#include "bridge-mail/report/counts.h"
#include "common/base/status.h"
#include "common/base/str.h"

struct replay;

struct replay_config {
	const char *work_dir;	    /* a folder of its own is made in it, and removed */
	const char *parser_program; /* absolute path of parvis-mail-parser */
	const char *mailbox;	    /* our address: no reader */
};

MUST_CHECK enum status replay_new(const struct replay_config *config, struct replay **out);
void replay_free(struct replay **replay);
/* STATUS_IO, STATUS_UNAVAILABLE (no parser): no use in going on. Mails that the bridge would set aside
 * are counted as such. */
MUST_CHECK enum status replay_mail(struct replay *replay, struct str bytes);
const struct report_counts *replay_counts(const struct replay *replay);

#endif
