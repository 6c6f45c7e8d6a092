/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which media thread a datagram is for, when it has come to another: by the ufrag that a check asks
 * for, or by the address that a check has proven. Written when peers come, move and go; read for
 * what one thread does not know itself, without a lock.
 *
 * It is a hint, no more: who gets a datagram looks at its own tables before it believes anything.
 */
#ifndef PARVIS_SFU_STEERING_H
#define PARVIS_SFU_STEERING_H

#include "common/base/str.h"

#define STEERING_MAX_THREADS 16u
#define STEERING_NOBODY	     STEERING_MAX_THREADS

struct steering;

struct steering *steering_new(void);
void steering_free(struct steering **steering);

/* Any thread. Putting a key again replaces its thread. A key that finds no room is left out:
 * its peer is not reached on this way. The chance that any does is one in a million among 5,000
 * keys (of 400 full meetings), one in eleven among 20,000. */
void steering_put(struct steering *steering, struct str key, unsigned thread);
/* Only when it is that thread's. */
void steering_remove(struct steering *steering, struct str key, unsigned thread);
/* Or STEERING_NOBODY. */
unsigned steering_find(const struct steering *steering, struct str key);

#endif
