/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker that takes mails from their rows to the smarthost, or to the outbox when none is
 * configured: one transaction for each recipient, mails of one thread to one address in order. What
 * is put off is tried again, later each time (5 s to 1 h) for four days (RFC 5321, 4.5.4.1); what
 * is refused is told in the room. A mail whose answer was not seen leaves again under the same
 * Message-ID: it may come twice, as one and the same, but is not lost.
 *
 * The smarthost gets smarthost_per_hour mails in any hour, counted over the rows of what was sent;
 * the others wait, and people's go first.
 */
#ifndef PARVIS_BRIDGE_QUEUE_H
#define PARVIS_BRIDGE_QUEUE_H

#include "bridge-mail/bridge.h"

/* Starts the thread. STATUS_IO when the database cannot be opened. */
MUST_CHECK enum status queue_start(struct bridge *bridge, struct queue **out);
/* Ends after the transaction under way. */
void queue_stop(struct queue **queue);
/* There is a new row. Any thread. */
void queue_wake(struct queue *queue);

/* Milliseconds before the next try when so many have failed. */
int64_t queue_retry_delay(int64_t attempts);

#endif
