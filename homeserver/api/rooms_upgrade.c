/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Room Upgrades". */
#include "homeserver/api/rooms.h"
#include "homeserver/room/room_upgrade.h"

struct upgrade_body {
	struct str new_version;
	const struct json *additional_creators;
};

static const struct json_field upgrade_fields[] = {
	{"new_version", FIELD_STR, true, offsetof(struct upgrade_body, new_version), 0, false},
	{"additional_creators", FIELD_ARRAY, false,
		offsetof(struct upgrade_body, additional_creators), 500, false},
};

struct upgrade_job {
	struct room_upgrade upgrade;
	struct arena *arena;
	struct str room_id;
	const char *why;
};

static enum status upgrade_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct upgrade_job *job = arg;
	struct str room_id;
	enum status status = room_upgrade(tx, &job->upgrade, &room_id, &job->why);

	if (status == STATUS_OK)
		job->room_id = arena_str(job->arena, room_id);
	return status;
}

static enum http_outcome upgrade_post(struct http_request *request, struct http_reply *reply)
{
	struct upgrade_job job = {.arena = request->arena};
	struct upgrade_body body = {0};
	enum status status;

	if (!API_READ_BODY(request, reply, upgrade_fields, &body))
		return HTTP_REPLY;
	job.upgrade = (struct room_upgrade){
		.room_id = request->params[0],
		.user_id = api_requester(request)->user_id,
		.version = room_version_find(body.new_version),
		.additional_creators = body.additional_creators,
	};
	if (job.upgrade.version == NULL)
		return http_error(reply, 400, "M_UNSUPPORTED_ROOM_VERSION",
			"This server does not know the room version");
	status = api_write(request, upgrade_change, &job);
	if (status != STATUS_OK)
		return rooms_error(reply, status, job.why);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "replacement_room", job.room_id);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/rooms/{room}/upgrade", AUTH_ACTIVE, LIMIT_WRITE,
		BODY_JSON, 0, upgrade_post},
};
extern const struct http_routes api_rooms_upgrade_routes;
const struct http_routes api_rooms_upgrade_routes = {rows, ARRAY_LEN(rows)};
