/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client-server API: GET /initialSync (deprecated) and GET /rooms/{room}/initialSync, by which one
 * looks into a room that the world may read.
 */
#include "common/base/clock.h"
#include "homeserver/api/rooms.h"
#include "homeserver/room/room_page.h"
#include "homeserver/store/account_data_store.h"
#include "homeserver/store/room_store.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/stream/streams.h"
#include "homeserver/sync/presence.h"
#include "homeserver/sync/presence_write.h"

#define LIMIT_DEFAULT 10
#define LIMIT_MAX     100

static enum http_outcome room_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome all_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/rooms/{room}/initialSync", AUTH_GUEST, LIMIT_READ,
		BODY_NONE, 0, room_get},
	{HTTP_GET, "/_matrix/client/r0|v3/initialSync", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		all_get},
};

extern const struct http_routes api_initial_sync_routes;
const struct http_routes api_initial_sync_routes = {routes, ARRAY_LEN(routes)};

/* What is written of a room. */
struct snapshot {
	struct http_request *request;
	struct json_writer *w;
	int64_t position;
	int64_t limit;
};

static enum status write_events(struct json_writer *w, const char *key, bool newest_first,
	const struct event_list *events, const struct event_format *format)
{
	enum status status = STATUS_OK;

	jw_put_array(w, key);
	for (size_t i = 0; i < events->count && status == STATUS_OK; i++) {
		size_t at = newest_first ? events->count - 1 - i : i;

		status = event_write_client(w, events->items[at], format);
	}
	if (status == STATUS_OK)
		jw_array_end(w);
	return status;
}

static enum status write_messages(const struct snapshot *s, const struct rooms_view *view)
{
	const struct room_page_request wish = {
		.room_id = view->room_id,
		.visibility = view->visibility,
		.from = s->position < view->state_at ? s->position : view->state_at,
		.backward = true,
		.limit = (size_t)s->limit,
	};
	struct room_page page;
	enum status status = room_page_read(api_db(s->request), s->request->arena, &wish, &page);

	if (status != STATUS_OK)
		return status;
	jw_put_object(s->w, "messages");
	if (page.has_more)
		jw_put_str(s->w, "start", stream_token(s->request->arena, page.next));
	jw_put_str(s->w, "end", stream_token(s->request->arena, wish.from));
	status = write_events(s->w, "chunk", true, &page.events, &view->format);
	if (status == STATUS_OK)
		jw_object_end(s->w);
	return status;
}

static enum status write_account_data(const struct snapshot *s, struct str room_id)
{
	struct account_data_list list;
	enum status status = account_data_all(api_db(s->request), s->request->arena,
		api_requester(s->request)->user_id, room_id, &list);

	if (status != STATUS_OK)
		return status;
	jw_put_array(s->w, "account_data");
	for (size_t i = 0; i < list.count; i++) {
		jw_object(s->w);
		jw_put_str(s->w, "type", list.items[i].type);
		jw_put_raw(s->w, "content", list.items[i].content);
		jw_object_end(s->w);
	}
	jw_array_end(s->w);
	return STATUS_OK;
}

/* The members of RoomInfo beside room_id and membership. */
static enum status write_room(const struct snapshot *s, const struct rooms_view *view)
{
	struct room_row room;
	struct event_list state;
	enum status status =
		room_store_find(api_db(s->request), s->request->arena, view->room_id, &room);

	if (status == STATUS_OK)
		status = room_state_list(api_db(s->request), s->request->arena, view->room_id,
			view->state_at, NULL, &state);
	if (status != STATUS_OK)
		return status;
	jw_put_c_str(s->w, "visibility", room.published ? "public" : "private");
	status = write_messages(s, view);
	if (status == STATUS_OK)
		status = write_events(s->w, "state", false, &state, &view->format);
	if (status == STATUS_OK)
		status = write_account_data(s, view->room_id);
	return status;
}

static bool is_told(enum membership membership)
{
	return membership != MEMBERSHIP_NONE && membership != MEMBERSHIP_KNOCK;
}

static enum http_outcome room_get(struct http_request *request, struct http_reply *reply)
{
	struct snapshot s = {.request = request, .w = &reply->json, .position = 0};
	struct rooms_view view;
	enum status status;

	if (!rooms_limit(request, reply, LIMIT_DEFAULT, LIMIT_MAX, &s.limit) ||
		!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	status = stream_snapshot_begin(
		api_homeserver(request)->streams, api_db(request), &s.position);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(s.w);
	jw_put_str(s.w, "room_id", view.room_id);
	if (is_told(visibility_membership(view.visibility)))
		jw_put_str(
			s.w, "membership", membership_name(visibility_membership(view.visibility)));
	status = write_room(&s, &view);
	if (status == STATUS_OK)
		jw_object_end(s.w);
	db_snapshot_end(api_db(request));
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

static enum status write_invite(const struct snapshot *s, const struct membership_row *row)
{
	const struct event_format format = {
		.db = api_db(s->request),
		.arena = s->request->arena,
		.user_id = api_requester(s->request)->user_id,
		.now = clock_wall_ms(),
	};
	struct event *event;
	enum status status =
		room_event_at(api_db(s->request), s->request->arena, row->position, &event);

	if (status != STATUS_OK)
		return status;
	jw_key(s->w, "invite");
	return event_write_client(s->w, event, &format);
}

static enum status write_row(
	const struct snapshot *s, struct http_reply *reply, const struct membership_row *row)
{
	bool is_invite = row->membership == MEMBERSHIP_INVITE;
	struct visibility *visibility;
	struct rooms_view view;
	enum status status = visibility_load(api_db(s->request), s->request->arena, row->room_id,
		api_requester(s->request)->user_id, &visibility);

	if (status != STATUS_OK)
		return status;
	/* An invite that was declined: the room was never theirs to read. */
	if (!is_invite && visibility_state_position(visibility) == 0)
		return STATUS_OK;
	if (!is_invite && !rooms_view(s->request, reply, row->room_id, &view))
		return STATUS_IO;
	jw_object(s->w);
	jw_put_str(s->w, "room_id", row->room_id);
	jw_put_str(s->w, "membership", membership_name(row->membership));
	status = is_invite ? write_invite(s, row) : write_room(s, &view);
	if (status == STATUS_OK)
		jw_object_end(s->w);
	return status;
}

static enum status write_rooms(const struct snapshot *s, struct http_reply *reply, bool archived)
{
	struct membership_rows rows;
	enum status status = membership_of_user(
		api_db(s->request), s->request->arena, api_requester(s->request)->user_id, &rows);

	jw_put_array(s->w, "rooms");
	for (size_t i = 0; status == STATUS_OK && i < rows.count; i++) {
		const struct membership_row *row = &rows.items[i];
		bool is_past =
			row->membership == MEMBERSHIP_LEAVE || row->membership == MEMBERSHIP_BAN;

		if (is_told(row->membership) && (!is_past || (archived && !row->forgotten)))
			status = write_row(s, reply, row);
	}
	if (status == STATUS_OK)
		jw_array_end(s->w);
	return status;
}

static enum status write_presence(const struct snapshot *s)
{
	struct homeserver *hs = api_homeserver(s->request);
	struct str me = api_requester(s->request)->user_id;
	struct str_list near = {0};
	enum status status = STATUS_OK;

	if (hs->presence != NULL)
		status = membership_neighbours(api_db(s->request), s->request->arena, me, &near);
	jw_put_array(s->w, "presence");
	for (size_t i = 0; i < near.count; i++) {
		struct presence_view view;

		if (presence_find(hs->presence, s->request->arena, near.items[i], &view))
			presence_write_event(s->w, &view, clock_wall_ms());
	}
	jw_array_end(s->w);
	return status;
}

static enum http_outcome all_get(struct http_request *request, struct http_reply *reply)
{
	struct snapshot s = {.request = request, .w = &reply->json, .position = 0};
	bool archived = str_eq_c(http_query(request, "archived"), "true");
	enum status status;

	if (!rooms_limit(request, reply, LIMIT_DEFAULT, LIMIT_MAX, &s.limit))
		return HTTP_REPLY;
	status = stream_snapshot_begin(
		api_homeserver(request)->streams, api_db(request), &s.position);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(s.w);
	jw_put_str(s.w, "end", stream_token(request->arena, s.position));
	status = write_rooms(&s, reply, archived);
	if (status == STATUS_OK)
		status = write_presence(&s);
	if (status == STATUS_OK)
		status = write_account_data(&s, STR(""));
	if (status == STATUS_OK)
		jw_object_end(s.w);
	db_snapshot_end(api_db(request));
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}
