/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a room with its first state, in the order that the specification gives (POST
 * /createRoom), all of it in one change: a refused event leaves no room behind.
 */
#ifndef PARVIS_HOMESERVER_ROOM_CREATE_H
#define PARVIS_HOMESERVER_ROOM_CREATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db/db_writer.h"
#include "common/json/json.h"
#include "homeserver/room/room_version.h"

enum room_preset { PRESET_PRIVATE, PRESET_TRUSTED_PRIVATE, PRESET_PUBLIC };

/* JSON members may be NULL: not given. Their shapes are checked by room_creation_check(). */
struct room_creation {
	struct str creator;
	const struct room_version *version;
	enum room_preset preset;
	const struct json *creation_content;
	const struct json *power_override; /* power_level_content_override */
	const struct json *initial_state;
	const struct json *invite; /* user ids of this server */
	struct str name;	   /* p == NULL: none */
	struct str topic;	   /* p == NULL: none */
	struct str alias;	   /* full; empty: none */
	bool publish;		   /* in the room directory */
	bool is_direct;
	int64_t origin_server_ts; /* 0: now */
};

#define ROOM_CREATE_MAX_STATE  500
#define ROOM_CREATE_MAX_INVITE 500

/* Grammar of what came from outside. STATUS_INVALID with a sentence. */
MUST_CHECK enum status room_creation_check(
	const struct room_creation *creation, const char **why_out);

/* STATUS_EXISTS when the alias is taken, STATUS_DENIED when the wished-for state breaks the rules
 * (power levels that shut out the creator ...), others as room_send(). */
MUST_CHECK enum status room_create(struct db_tx *tx, const struct room_creation *creation,
	struct str *room_id_out, const char **why_out) REQUIRES(on_writer);

#endif
