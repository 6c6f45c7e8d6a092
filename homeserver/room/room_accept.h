/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens when an event has been found good, whoever made it: it gets its position, is
 * stored, changes state and memberships, applies its redaction, and is told to observers and
 * waiters.
 */
#ifndef PARVIS_HOMESERVER_ROOM_ACCEPT_H
#define PARVIS_HOMESERVER_ROOM_ACCEPT_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"

/* Sets event->position. The event was authorised against the room's current state. */
MUST_CHECK enum status room_accept(struct db_tx *tx, int64_t room_key, struct event *event)
	REQUIRES(on_writer);

#endif
