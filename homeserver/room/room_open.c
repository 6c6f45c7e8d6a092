/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_open.h"

#include "common/base/clock.h"
#include "common/crypto/secret.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/auth.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/room_accept.h"
#include "homeserver/room/room_version.h"
#include "homeserver/store/room_store.h"

#define RANDOM_ID_LENGTH 18

static struct str random_room_id(struct arena *arena, struct str server_name)
{
	return arena_printf(arena, "!%.*s:%.*s", STR_FMT(secret_token(arena, RANDOM_ID_LENGTH)),
		STR_FMT(server_name));
}

enum status room_open(struct db_tx *tx, const struct room_version *version, struct str creator,
	struct str content, int64_t origin_server_ts, struct event **event_out,
	const char **why_out)
{
	const struct homeserver *hs = homeserver_of(tx);
	struct event_parts parts = {
		.version = version,
		.sender = creator,
		.type = STR("m.room.create"),
		.state_key = STR(""),
		.origin_server_ts = origin_server_ts != 0 ? origin_server_ts : clock_wall_ms(),
		.depth = 1,
	};
	struct event *event;
	int64_t room_key;
	enum status status = json_parse(tx->arena, content, &parts.content, NULL);

	if (status != STATUS_OK || !json_is(parts.content, JSON_OBJECT))
		return STATUS_INVALID;
	if (!version->room_id_is_hash)
		parts.room_id = random_room_id(tx->arena, hs->server_name);
	status = event_build(tx->arena, hs->signing_key, hs->server_name, &parts, &event);
	if (status == STATUS_OK)
		status = auth_check(event, &(struct auth_state){NULL, 0}, why_out);
	if (status == STATUS_OK)
		status = room_store_add(tx, event->room_id, version->name, &room_key);
	if (status == STATUS_OK)
		status = room_accept(tx, room_key, event);
	if (status == STATUS_OK)
		*event_out = event;
	return status;
}
