/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker that turns rows into messages: takes open deliveries in the order in which they
 * came, parses the mail, chooses the thread, plans the posts (one change), and puts them into the
 * room through bridge.rooms. While the homeserver is away it waits, longer each time (a quarter of a second to
 * 1 min), and nothing overtakes. A mail that the homeserver will not have is set aside with its
 * reason, and the next goes on.
 */
#ifndef PARVIS_BRIDGE_PROCESSOR_H
#define PARVIS_BRIDGE_PROCESSOR_H

#include "bridge-mail/bridge.h"

/* Starts the thread; bridge.rooms must be ready. STATUS_IO when the database cannot be opened. */
MUST_CHECK enum status processor_start(struct bridge *bridge, struct processor **out);
/* Ends after the step under way. */
void processor_stop(struct processor **processor);
/* There is a new row, or the homeserver is back: look now. Any thread. */
void processor_wake(struct processor *processor);

#endif
