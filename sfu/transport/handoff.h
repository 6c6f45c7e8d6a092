/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams on their way from the thread whose socket they came to, to the thread that they are
 * for: a ring with one writer and one reader, without a lock, of fixed size. What finds it full is
 * lost, as on any network. Order is kept.
 */
#ifndef PARVIS_SFU_HANDOFF_H
#define PARVIS_SFU_HANDOFF_H

#include <stdbool.h>

#include "sfu/transport/sockets.h"

#define HANDOFF_PLACES 256u

struct handoff;

struct handoff *handoff_new(void);
void handoff_free(struct handoff **handoff);

/* The writer: copies it. False when there is no room. */
bool handoff_put(struct handoff *handoff, const struct datagram *datagram);
/* The reader: the oldest one, whose bytes are its to change until handoff_done(). False: none. */
bool handoff_get(struct handoff *handoff, struct datagram *out);
void handoff_done(struct handoff *handoff);

#endif
