/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker between the rooms and the queue. It takes what the homeserver's transactions brought
 * and makes mails of what leaves:
 *
 *	an answer to a mail's message, or a message in a Matrix thread that began with one
 *	what begins with !envoyer or !send
 *
 * Everything else that agents write stays inside. It tells the room what became of each mail: a
 * reaction once it has left, a notice when it was refused. At the start it prepares the bot's name
 * and the mailboxes' spaces. While the homeserver is away it waits, longer each time (a quarter of
 * a second to 1 min).
 */
#ifndef PARVIS_BRIDGE_ANSWERS_H
#define PARVIS_BRIDGE_ANSWERS_H

#include "bridge-mail/bridge.h"

/* STATUS_IO when the database cannot be opened. */
MUST_CHECK enum status answers_new(struct bridge *bridge, struct answers **out);
/* Starts the thread; bridge.queue must be there. */
void answers_start(struct answers *answers);
/* Ends the thread after the step under way; bridge.stopping is set. */
void answers_end(struct answers *answers);
void answers_free(struct answers **answers);
/* There is something to do. Any thread. */
void answers_wake(struct answers *answers);

#endif
