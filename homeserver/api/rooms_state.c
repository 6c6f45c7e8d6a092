/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Getting events for a room": state and members. */
#include "homeserver/api/rooms.h"
#include "homeserver/room/erased.h"
#include "homeserver/room/room_events.h"
#include "homeserver/stream/stream_token.h"

static enum http_outcome write_events(
	struct http_reply *reply, const struct rooms_view *view, const struct event_list *events)
{
	jw_array(&reply->json);
	for (size_t i = 0; i < events->count; i++) {
		enum status status =
			event_write_client(&reply->json, events->items[i], &view->format);

		if (status != STATUS_OK)
			return api_status(reply, status, NULL);
	}
	jw_array_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome state_get_all(struct http_request *request, struct http_reply *reply)
{
	struct rooms_view view;
	struct event_list events;
	enum status status;

	if (!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	status = room_state_list(
		api_db(request), request->arena, view.room_id, view.state_at, NULL, &events);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	return write_events(reply, &view, &events);
}

static enum status write_content(
	struct http_reply *reply, const struct rooms_view *view, const struct event *event)
{
	const struct json *content;
	enum status status = erased_content(event, &view->format, &content);

	if (status == STATUS_OK)
		jw_value(&reply->json, content);
	return status;
}

static enum http_outcome state_get(struct http_request *request, struct http_reply *reply)
{
	struct str key = request->param_count > 2 ? request->params[2] : STR("");
	struct str format = http_query(request, "format");
	struct rooms_view view;
	struct event *event;
	enum status status;

	if (format.p != NULL && !str_eq_c(format, "event") && !str_eq_c(format, "content"))
		return http_error(reply, 400, "M_INVALID_PARAM", "format must be event or content");
	if (!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	status = room_state_get(api_db(request), request->arena, view.room_id, request->params[1],
		key, view.state_at, &event);
	if (status == STATUS_NOT_FOUND)
		return http_error(
			reply, 404, "M_NOT_FOUND", "The room has no state of this type and key");
	if (status == STATUS_OK && str_eq_c(format, "event"))
		status = event_write_client(&reply->json, event, &view.format);
	else if (status == STATUS_OK)
		status = write_content(reply, &view, event);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

/* Which memberships GET /members lists. */
struct member_wish {
	struct str only;
	struct str without;
};

static bool is_wished(const struct member_wish *wish, const struct event *event)
{
	struct str membership = json_str(json_get(event->content, "membership"));

	return (wish->only.p == NULL || str_eq(wish->only, membership)) &&
	       (wish->without.p == NULL || !str_eq(wish->without, membership));
}

static bool read_at(struct http_request *request, struct http_reply *reply, int64_t *at)
{
	struct str token = http_query(request, "at");
	int64_t position;

	if (token.p == NULL)
		return true;
	if (stream_token_parse(token, &position) != STATUS_OK) {
		(void)http_error(reply, 400, "M_INVALID_PARAM", "The token is not one of ours");
		return false;
	}
	if (position < *at)
		*at = position;
	return true;
}

static enum http_outcome members_get(struct http_request *request, struct http_reply *reply)
{
	static const struct state_select members = {.only_type = STR_INIT("m.room.member")};
	struct member_wish wish = {
		http_query(request, "membership"), http_query(request, "not_membership")};
	struct rooms_view view;
	struct event_list events;
	size_t kept = 0;
	enum status status;

	if (!rooms_view(request, reply, request->params[0], &view) ||
		!read_at(request, reply, &view.state_at))
		return HTTP_REPLY;
	status = room_state_list(
		api_db(request), request->arena, view.room_id, view.state_at, &members, &events);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	for (size_t i = 0; i < events.count; i++)
		if (is_wished(&wish, events.items[i]))
			events.items[kept++] = events.items[i];
	events.count = kept;
	jw_object(&reply->json);
	jw_key(&reply->json, "chunk");
	(void)write_events(reply, &view, &events);
	if (reply->status == 200)
		jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static void write_profile(struct json_writer *w, const struct event *event)
{
	struct str name = json_str(json_get(event->content, "displayname"));
	struct str avatar = json_str(json_get(event->content, "avatar_url"));

	jw_key_str(w, event->state_key);
	jw_object(w);
	if (name.p != NULL)
		jw_put_str(w, "display_name", name);
	if (avatar.p != NULL)
		jw_put_str(w, "avatar_url", avatar);
	jw_object_end(w);
}

static enum http_outcome joined_members_get(struct http_request *request, struct http_reply *reply)
{
	static const struct state_select members = {.only_type = STR_INIT("m.room.member")};
	static const struct member_wish joined = {.only = STR_INIT("join")};
	struct json_writer *w = &reply->json;
	struct rooms_view view;
	struct event_list events;
	enum status status;

	if (!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	if (visibility_membership(view.visibility) != MEMBERSHIP_JOIN)
		return http_error(reply, 403, "M_FORBIDDEN", "You are not joined to this room");
	status = room_state_list(
		api_db(request), request->arena, view.room_id, STATE_NOW, &members, &events);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(w);
	jw_put_object(w, "joined");
	for (size_t i = 0; i < events.count; i++)
		if (is_wished(&joined, events.items[i]))
			write_profile(w, events.items[i]);
	jw_object_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}

#define ROOM "/_matrix/client/r0|v3/rooms/{room}/"

static const struct http_route rows[] = {
	{HTTP_GET, ROOM "state", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, state_get_all},
	{HTTP_GET, ROOM "state/{type}", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, state_get},
	{HTTP_GET, ROOM "state/{type}/", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, state_get},
	{HTTP_GET, ROOM "state/{type}/{key}", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, state_get},
	{HTTP_GET, ROOM "members", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, members_get},
	{HTTP_GET, ROOM "joined_members", AUTH_USER, LIMIT_READ, BODY_NONE, 0, joined_members_get},
};
extern const struct http_routes api_rooms_state_routes;
const struct http_routes api_rooms_state_routes = {rows, ARRAY_LEN(rows)};
