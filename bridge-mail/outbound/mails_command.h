/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parvis-bridge-mail mails, for administrators, also while the bridge runs:
 *
 *	mails [--failed]	the newest 200 that leave, one line for each recipient
 *	mails show NUMBER	that mail's headers; never what it says
 *	mails retry NUMBER	tries its failed recipients anew; the running bridge does so within a
 *				minute
 */
#ifndef PARVIS_BRIDGE_MAILS_COMMAND_H
#define PARVIS_BRIDGE_MAILS_COMMAND_H

#include "config/config.h"

#define MAILS_COMMAND_USAGE                                                             \
	"[--failed | show NUMBER | retry NUMBER]\n"                                     \
	"         mails that leave: list them, show one's headers, try one again\n"     \
	"         courriels sortants : les lister, voir les en-t\xc3\xaates, r\xc3\xa9" \
	"essayer"

/* As struct program's run_command. */
int mails_command(const struct config *config, int argc, char **argv);

#endif
