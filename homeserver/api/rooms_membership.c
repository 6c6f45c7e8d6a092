/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Room membership". */
#include "common/matrix/ids.h"
#include "homeserver/api/rooms.h"
#include "homeserver/api/rooms_third_party.h"
#include "homeserver/room/room_membership.h"
#include "homeserver/store/membership_store.h"

struct member_job {
	struct member_request request;
	const char *why;
};

static enum status member_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct member_job *job = arg;
	struct event *event;

	return room_membership(tx, &job->request, &event, &job->why);
}

static enum http_outcome change_membership(struct http_request *request, struct http_reply *reply,
	enum member_action action, struct str room_id, struct str target)
{
	const struct requester *who = api_requester(request);
	const struct json *reason = json_get(request->json, "reason"), *signed_object = NULL;
	struct member_job job = {
		.request =
			{
				.action = action,
				.room_id = room_id,
				.sender = who->user_id,
				.target = target,
				.reason = json_str(reason),
				.origin_server_ts = who->timestamp,
			},
	};
	enum status status;

	if (reason != NULL && !json_is(reason, JSON_STRING) && !json_is(reason, JSON_NULL))
		return http_error(reply, 400, "M_BAD_JSON", "\"reason\" has the wrong type");
	if (action == MEMBER_JOIN && !rooms_read_signed(request, reply, room_id, &signed_object))
		return HTTP_REPLY;
	job.request.third_party_signed = signed_object;
	status = api_write(request, member_change, &job);
	if (status == STATUS_DENIED && who->is_guest && action == MEMBER_JOIN)
		return http_error(
			reply, 403, "M_GUEST_ACCESS_FORBIDDEN", "Guests may not join this room");
	if (status != STATUS_OK)
		return rooms_error(reply, status, job.why);
	return HTTP_REPLY;
}

/* Join and knock answer with the room they ended in. */
static enum http_outcome enter(struct http_request *request, struct http_reply *reply,
	enum member_action action, struct str id_or_alias)
{
	struct str room_id;

	if (!rooms_resolve(request, reply, id_or_alias, &room_id))
		return HTTP_REPLY;
	(void)change_membership(request, reply, action, room_id, api_requester(request)->user_id);
	if (reply->status != 200)
		return HTTP_REPLY;
	jw_object(&reply->json);
	jw_put_str(&reply->json, "room_id", room_id);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome join_post(struct http_request *request, struct http_reply *reply)
{
	return enter(request, reply, MEMBER_JOIN, request->params[0]);
}

static enum http_outcome knock_post(struct http_request *request, struct http_reply *reply)
{
	return enter(request, reply, MEMBER_KNOCK, request->params[0]);
}

static enum http_outcome leave_post(struct http_request *request, struct http_reply *reply)
{
	return change_membership(
		request, reply, MEMBER_LEAVE, request->params[0], api_requester(request)->user_id);
}

/* The endpoints that act on somebody else, named in the body. */
static enum http_outcome act_on_user(
	struct http_request *request, struct http_reply *reply, enum member_action action)
{
	struct str target = json_str(json_get(request->json, "user_id"));
	struct matrix_id id;

	if (target.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"user_id\" is missing");
	if (user_id_parse(target, &id) != STATUS_OK)
		return http_error(reply, 400, "M_INVALID_PARAM", "This is not a user id");
	return change_membership(request, reply, action, request->params[0], target);
}

static enum http_outcome invite_post(struct http_request *request, struct http_reply *reply)
{
	struct str target = json_str(json_get(request->json, "user_id"));

	if (target.p == NULL && json_get(request->json, "medium") != NULL)
		return rooms_invite_address(request, reply, request->params[0]);
	if (target.p != NULL && (!rooms_user_reachable(request, reply, target) ||
					!rooms_invite_permitted(request, reply, target)))
		return HTTP_REPLY;
	return act_on_user(request, reply, MEMBER_INVITE);
}

static enum http_outcome kick_post(struct http_request *request, struct http_reply *reply)
{
	return act_on_user(request, reply, MEMBER_KICK);
}

static enum http_outcome ban_post(struct http_request *request, struct http_reply *reply)
{
	return act_on_user(request, reply, MEMBER_BAN);
}

static enum http_outcome unban_post(struct http_request *request, struct http_reply *reply)
{
	return act_on_user(request, reply, MEMBER_UNBAN);
}

struct forget_job {
	struct str room_id;
	struct str user_id;
};

static enum status forget_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct forget_job *job = arg;
	enum membership membership;
	enum status status = membership_get(tx->db, job->room_id, job->user_id, &membership);

	if (status != STATUS_OK)
		return status;
	if (membership != MEMBERSHIP_LEAVE && membership != MEMBERSHIP_BAN)
		return STATUS_CONFLICT;
	return membership_forget(tx, job->room_id, job->user_id);
}

static enum http_outcome forget_post(struct http_request *request, struct http_reply *reply)
{
	struct forget_job job = {request->params[0], api_requester(request)->user_id};
	enum status status = api_write(request, forget_change, &job);

	if (status == STATUS_CONFLICT)
		return http_error(
			reply, 400, "M_UNKNOWN", "Only a room that was left can be forgotten");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	return HTTP_REPLY;
}

static enum http_outcome joined_rooms_get(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	struct str_list rooms;
	enum status status = membership_joined_rooms(
		api_db(request), request->arena, api_requester(request)->user_id, &rooms);

	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(w);
	jw_put_array(w, "joined_rooms");
	for (size_t i = 0; i < rooms.count; i++)
		jw_str(w, rooms.items[i]);
	jw_array_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}

#define ROOM "/_matrix/client/r0|v3/rooms/{room}/"

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/join/{room_or_alias}", AUTH_ACTIVE_GUEST, LIMIT_WRITE,
		BODY_JSON_OPTIONAL, 0, join_post},
	{HTTP_POST, "/_matrix/client/r0|v3/knock/{room_or_alias}", AUTH_ACTIVE, LIMIT_WRITE,
		BODY_JSON_OPTIONAL, 0, knock_post},
	{HTTP_POST, ROOM "join", AUTH_ACTIVE_GUEST, LIMIT_WRITE, BODY_JSON_OPTIONAL, 0, join_post},
	{HTTP_POST, ROOM "leave", AUTH_GUEST, LIMIT_WRITE, BODY_JSON_OPTIONAL, 0, leave_post},
	{HTTP_POST, ROOM "forget", AUTH_USER, LIMIT_WRITE, BODY_JSON_OPTIONAL, 0, forget_post},
	{HTTP_POST, ROOM "invite", AUTH_ACTIVE, LIMIT_WRITE, BODY_JSON, 0, invite_post},
	{HTTP_POST, ROOM "kick", AUTH_ACTIVE, LIMIT_WRITE, BODY_JSON, 0, kick_post},
	{HTTP_POST, ROOM "ban", AUTH_ACTIVE, LIMIT_WRITE, BODY_JSON, 0, ban_post},
	{HTTP_POST, ROOM "unban", AUTH_ACTIVE, LIMIT_WRITE, BODY_JSON, 0, unban_post},
	{HTTP_GET, "/_matrix/client/r0|v3/joined_rooms", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		joined_rooms_get},
};
extern const struct http_routes api_rooms_membership_routes;
const struct http_routes api_rooms_membership_routes = {rows, ARRAY_LEN(rows)};
