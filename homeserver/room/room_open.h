/* SPDX-License-Identifier: Apache-2.0 */
/* The first event of a room: m.room.create. */
#ifndef PARVIS_HOMESERVER_ROOM_OPEN_H
#define PARVIS_HOMESERVER_ROOM_OPEN_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"

/*
 * Makes a room with nobody in it yet; (*event_out)->room_id is its id. `content` is the create
 * event's content, complete: room_version and, where the version has it, creator. Statuses as
 * room_send().
 */
MUST_CHECK enum status room_open(struct db_tx *tx, const struct room_version *version,
	struct str creator, struct str content, int64_t origin_server_ts, struct event **event_out,
	const char **why_out) REQUIRES(on_writer);

#endif
