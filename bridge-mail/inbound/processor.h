/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workers that turn rows into messages. Open deliveries are taken in the order in which they
 * came; several mails are parsed at once, each gets its thread in that order (one change, which also
 * plans the posts), and different threads are posted to at once through bridge.rooms, each in order.
 * While the homeserver is away all wait, longer each time (a quarter of a second to 1 min). A mail
 * that the homeserver will not have is set aside with its reason, and the next goes on.
 */
#ifndef PARVIS_BRIDGE_PROCESSOR_H
#define PARVIS_BRIDGE_PROCESSOR_H

#include "bridge-mail/bridge.h"

/* Starts the threads; bridge.rooms must be ready. STATUS_IO when the database cannot be opened. */
MUST_CHECK enum status processor_start(struct bridge *bridge, struct processor **out);
/* Ends after the steps under way. */
void processor_stop(struct processor **processor);
/* There is a new row, or the homeserver is back: look now. Any thread. */
void processor_wake(struct processor *processor);

#endif
