/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folders at providers (bridge_mail.imap), one thread each: signed in, read, then waiting in
 * IDLE (RFC 2177) for more, or looking at intervals where the server has none. A session that ends
 * is begun anew: after a second, then later each time up to 5 min; up to 15 min while the server
 * refuses us, so that no account is locked. Each time somewhat at random, so that not all bridges
 * come back at once.
 */
#ifndef PARVIS_BRIDGE_IMAP_WATCH_H
#define PARVIS_BRIDGE_IMAP_WATCH_H

#include "bridge-mail/bridge.h"
#include "config/config.h"

/* The mailboxes of the configuration must be rows, bridge.processor there. On failure `why` holds
 * one line for the administrator. Servers that are away are no failure. */
MUST_CHECK enum status imap_watchers_start(
	struct bridge *bridge, struct imap_watchers **out, char why[CONFIG_ERROR_MAX]);
/* Ends the sessions at once: what was under way is read again. */
void imap_watchers_stop(struct imap_watchers **watchers);

/* Milliseconds before the next session when so many have failed in a row (one at least), without
 * what chance adds. `refused`: the server would not have us. */
int64_t imap_watch_delay(unsigned failures, bool refused);

#endif
