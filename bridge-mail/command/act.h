/* SPDX-License-Identifier: Apache-2.0 */
/* What commands do with a mailbox's thread: decided first, changed in one piece, then shown. */
#ifndef PARVIS_BRIDGE_COMMAND_ACT_H
#define PARVIS_BRIDGE_COMMAND_ACT_H

#include "bridge-mail/command/run.h"

/* Looks at what the command names; fills row.outcome, other and text. Nothing is changed. */
MUST_CHECK enum status command_decide(struct command_run *run);
/* With row.outcome DONE: the rows. */
MUST_CHECK enum status command_change(struct db_tx *tx, struct command_run *run)
	REQUIRES(on_writer);
/* With row.outcome DONE: rooms and spaces, again after a crash. *text_out is the answer. */
MUST_CHECK enum status command_follow(struct command_run *run, struct str *text_out);

#endif
