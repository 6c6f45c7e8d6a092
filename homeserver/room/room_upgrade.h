/* SPDX-License-Identifier: Apache-2.0 */
/* Replacing a room by one of another version (client-server API, "Room Upgrades"). */
#ifndef PARVIS_HOMESERVER_ROOM_UPGRADE_H
#define PARVIS_HOMESERVER_ROOM_UPGRADE_H

#include "common/db/db_writer.h"
#include "common/json/json.h"
#include "homeserver/room/room_version.h"

struct room_upgrade {
	struct str room_id;
	struct str user_id; /* who does it, and creates the new room */
	const struct room_version *version;
	const struct json *additional_creators; /* NULL: none */
};

/*
 * Makes the new room with what can be carried over (settings, bans, a space's children, aliases,
 * the place in the directory) and closes the old one, in one change. STATUS_DENIED when the user
 * may not send m.room.tombstone.
 */
MUST_CHECK enum status room_upgrade(struct db_tx *tx, const struct room_upgrade *upgrade,
	struct str *room_id_out, const char **why_out) REQUIRES(on_writer);

#endif
