/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue of messages between threads: many senders, one receiver. Messages are pointers
 * whose ownership passes with them. Wake-ups coalesce: after the eventfd is readable, take until
 * empty.
 */
#ifndef PARVIS_BASE_MAILBOX_H
#define PARVIS_BASE_MAILBOX_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"

struct mailbox;

struct mailbox *mailbox_new(size_t max_messages);
/* Messages still inside go through `drop` (may be NULL). */
void mailbox_free(struct mailbox **mailbox, void (*drop)(void *message));

/* STATUS_TOO_LARGE when full (ownership stays with the caller), STATUS_UNAVAILABLE when closed. */
MUST_CHECK enum status mailbox_send(struct mailbox *mailbox, void *message);
/* Oldest message or NULL, at once. */
void *mailbox_take(struct mailbox *mailbox);
/* Waits up to timeout_ms (-1: for ever); NULL on time-out, or when closed and empty. */
void *mailbox_wait(struct mailbox *mailbox, int64_t timeout_ms);
/* No more sends; a waiting receiver wakes, and the eventfd is readable until the next take. */
void mailbox_close(struct mailbox *mailbox);
/* An eventfd that is readable while messages wait; belongs to the mailbox. */
int mailbox_fd(const struct mailbox *mailbox);

#endif
