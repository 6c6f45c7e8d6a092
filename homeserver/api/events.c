/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client-server API: the event stream that came before /sync. GET /events (deprecated) for all
 * rooms of the user, the same with room_id for a room that one looks into, and GET /events/{id}.
 */
#include <stdlib.h>

#include "common/base/clock.h"
#include "homeserver/api/rooms.h"
#include "homeserver/room/ignored_users.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/stream/streams.h"

#define CHUNK_MAX	   100
#define TIMEOUT_DEFAULT_MS 30000
#define TIMEOUT_MAX_MS	   300000
#define LOOKS_MAX	   20

static enum http_outcome events_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome event_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/events", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0,
		events_get},
	{HTTP_GET, "/_matrix/client/r0|v3/events/{event}", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		event_get},
};

extern const struct http_routes api_events_routes;
const struct http_routes api_events_routes = {routes, ARRAY_LEN(routes)};

static enum http_outcome event_get(struct http_request *request, struct http_reply *reply)
{
	struct event *event;
	struct rooms_view view;
	enum status status =
		room_event_find(api_db(request), request->arena, request->params[0], &event);

	if (status == STATUS_OK) {
		if (!rooms_view(request, reply, event->room_id, &view))
			return http_error(
				reply, 404, "M_NOT_FOUND", "There is no such event for you");
		if (!visibility_allows(view.visibility, event))
			status = STATUS_NOT_FOUND;
	}
	if (status == STATUS_OK)
		status = event_write_client(&reply->json, event, &view.format);
	if (status == STATUS_OK)
		return HTTP_REPLY;
	return api_status(reply, status,
		status == STATUS_NOT_FOUND ? "There is no such event for you" : NULL);
}

/* What is told, and how far the user sees its room. */
struct told {
	struct event *event;
	const struct visibility *visibility;
};

struct told_list {
	struct told *items;
	size_t count;
};

/* One look at the stream. */
struct look {
	int64_t from;
	int64_t position;
	struct str room_id; /* p == NULL: all rooms of the user */
	struct str_list rooms;
	struct str_list ignored;
	struct told_list events;
};

static int by_position(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	return (x->event->position > y->event->position) -
	       (x->event->position < y->event->position);
}

static enum status look_into(
	struct http_request *request, struct look *look, struct str room_id, int64_t upto)
{
	const struct event_range range = {
		.room_id = room_id,
		.after = look->from,
		.upto = upto,
		.limit = CHUNK_MAX + 1, /* so that a cut shows */
	};
	struct visibility *visibility;
	struct event_list page;
	enum status status = visibility_load(api_db(request), request->arena, room_id,
		api_requester(request)->user_id, &visibility);

	if (status == STATUS_OK)
		status = room_events_range(api_db(request), request->arena, &range, &page);
	for (size_t i = 0; status == STATUS_OK && i < page.count; i++) {
		struct event *event = page.items[i];

		if (visibility_allows(visibility, event) &&
			(event_is_state(event) ||
				!ignored_users_have(&look->ignored, event->sender)))
			*ROWS_ADD(request->arena, &look->events) = (struct told){event, visibility};
	}
	return status;
}

/* The room's own events for who is in it; the member event for who is invited, left or knocks. */
static enum status look_at_row(
	struct http_request *request, struct look *look, const struct membership_row *row)
{
	struct event *event;
	enum status status;

	if (row->membership == MEMBERSHIP_JOIN) {
		*ROWS_ADD(request->arena, &look->rooms) = row->room_id;
		return row->last_position > look->from
			       ? look_into(request, look, row->room_id, look->position)
			       : STATUS_OK;
	}
	if (row->position <= look->from)
		return STATUS_OK;
	if (row->membership == MEMBERSHIP_LEAVE || row->membership == MEMBERSHIP_BAN)
		return look_into(request, look, row->room_id, row->position);
	status = room_event_at(api_db(request), request->arena, row->position, &event);
	if (status == STATUS_OK && !ignored_users_have(&look->ignored, event->sender))
		*ROWS_ADD(request->arena, &look->events) = (struct told){event, NULL};
	return status;
}

static enum status look_everywhere(struct http_request *request, struct look *look)
{
	struct membership_rows rows;
	enum status status = membership_of_user(
		api_db(request), request->arena, api_requester(request)->user_id, &rows);

	for (size_t i = 0; status == STATUS_OK && i < rows.count; i++)
		status = look_at_row(request, look, &rows.items[i]);
	return status;
}

static enum status look_once(struct http_request *request, struct look *look)
{
	struct homeserver *hs = api_homeserver(request);
	enum status status = stream_snapshot_begin(hs->streams, api_db(request), &look->position);

	if (status != STATUS_OK)
		return status;
	status = ignored_users_load(
		api_db(request), request->arena, api_requester(request)->user_id, &look->ignored);
	if (status == STATUS_OK && look->room_id.p != NULL) {
		*ROWS_ADD(request->arena, &look->rooms) = look->room_id;
		status = look_into(request, look, look->room_id, look->position);
	} else if (status == STATUS_OK) {
		status = look_everywhere(request, look);
	}
	db_snapshot_end(api_db(request));
	if (look->events.count > 1)
		qsort(look->events.items, look->events.count, sizeof(struct told), by_position);
	return status;
}

static enum status write_chunk(
	struct http_request *request, struct http_reply *reply, const struct look *look)
{
	struct event_format format = {
		.db = api_db(request),
		.arena = request->arena,
		.user_id = api_requester(request)->user_id,
		.device_id = api_requester(request)->device_id,
		.now = clock_wall_ms(),
	};
	struct json_writer *w = &reply->json;
	size_t count = look->events.count < CHUNK_MAX ? look->events.count : CHUNK_MAX;
	int64_t end = look->position;
	enum status status = STATUS_OK;

	if (count < look->events.count)
		end = look->events.items[count - 1].event->position;
	jw_object(w);
	jw_put_str(w, "start", stream_token(request->arena, look->from));
	jw_put_str(w, "end", stream_token(request->arena, end));
	jw_put_array(w, "chunk");
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		format.visibility = look->events.items[i].visibility;
		status = event_write_client(w, look->events.items[i].event, &format);
	}
	if (status != STATUS_OK)
		return status;
	jw_array_end(w);
	jw_object_end(w);
	return STATUS_OK;
}

/* false: the reply is filled. */
static bool read_query(
	struct http_request *request, struct http_reply *reply, struct look *look, int64_t *timeout)
{
	struct str from = http_query(request, "from"), wait = http_query(request, "timeout");
	struct rooms_view view;

	look->room_id = http_query(request, "room_id");
	look->from = stream_current(api_homeserver(request)->streams);
	*timeout = TIMEOUT_DEFAULT_MS;
	if (from.n != 0 && stream_token_parse(from, &look->from) != STATUS_OK)
		(void)http_error(reply, 400, "M_INVALID_PARAM", "from is not a token of ours");
	else if (wait.p != NULL && (str_to_i64(wait, timeout) != STATUS_OK || *timeout < 0))
		(void)http_error(
			reply, 400, "M_INVALID_PARAM", "timeout must be a number of milliseconds");
	else if (look->room_id.p == NULL && api_requester(request)->is_guest)
		(void)http_error(reply, 403, "M_GUEST_ACCESS_FORBIDDEN",
			"Guests listen to one room at a time");
	else
		return look->room_id.p == NULL || rooms_view(request, reply, look->room_id, &view);
	return false;
}

/* Whether the answer goes out as it is. */
static bool is_over(struct http_request *request, const struct look *look, int64_t timeout)
{
	if (look->events.count != 0 || timeout == 0 ||
		atomic_load(&api_homeserver(request)->stopping))
		return true;
	if (request->park_until_ms == 0)
		request->park_until_ms =
			clock_mono_ms() + (timeout > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : timeout);
	return clock_mono_ms() >= request->park_until_ms;
}

static bool wait_for_events(struct http_request *request, const struct look *look)
{
	const struct stream_wait wait = {
		.user_id = api_requester(request)->user_id,
		.rooms = look->rooms.items,
		.room_count = look->rooms.count,
		.seen = look->position,
		.ticket = http_ticket(request),
	};

	return stream_wait(api_homeserver(request)->streams, &wait);
}

static enum http_outcome events_get(struct http_request *request, struct http_reply *reply)
{
	struct look asked = {0};
	int64_t timeout;
	enum status status;

	if (request->woken)
		stream_forget(api_homeserver(request)->streams, http_ticket(request));
	if (!read_query(request, reply, &asked, &timeout))
		return HTTP_REPLY;
	for (int i = 1;; i++) {
		struct look look = asked;

		status = look_once(request, &look);
		if (status != STATUS_OK)
			return api_status(reply, status, NULL);
		if (i < LOOKS_MAX && !is_over(request, &look, timeout)) {
			if (wait_for_events(request, &look))
				return HTTP_PARK;
			continue;
		}
		status = write_chunk(request, reply, &look);
		return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
	}
}
