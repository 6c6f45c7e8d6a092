/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Getting events for a room": the event nearest to a time. */
#include "homeserver/api/rooms.h"
#include "homeserver/room/room_events.h"

#define PAGE	 50
#define READ_MAX 5000 /* events hidden from the user that are passed over */

static enum http_outcome nearest_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/v1/rooms/{room}/timestamp_to_event", AUTH_USER, LIMIT_READ,
		BODY_NONE, 0, nearest_get},
	{HTTP_GET, "/_matrix/client/unstable/org.matrix.msc3030/rooms/{room}/timestamp_to_event",
		AUTH_USER, LIMIT_READ, BODY_NONE, 0, nearest_get},
};

extern const struct http_routes api_room_by_time_routes;
const struct http_routes api_room_by_time_routes = {routes, ARRAY_LEN(routes)};

/* STATUS_NOT_FOUND when there is no event in that direction that the user may see. */
static enum status find_nearest(struct http_request *request, const struct rooms_view *view,
	int64_t ts, bool forward, struct event **out)
{
	struct event_time_cursor from = {
		.ts = forward || ts == INT64_MAX ? ts : ts + 1,
		.position = INT64_MIN,
	};

	for (size_t read = 0; read < READ_MAX; read += PAGE) {
		struct event_rows rows;
		enum status status = event_store_by_time(
			api_db(request), request->arena, view->room_id, from, forward, PAGE, &rows);

		for (size_t i = 0; status == STATUS_OK && i < rows.count; i++) {
			status = event_from_row(request->arena, &rows.items[i], out);
			if (status == STATUS_OK && visibility_allows(view->visibility, *out))
				return STATUS_OK;
		}
		if (status != STATUS_OK)
			return status;
		if (rows.count < PAGE)
			return STATUS_NOT_FOUND;
		from = (struct event_time_cursor){(*out)->origin_server_ts, (*out)->position};
	}
	return STATUS_NOT_FOUND;
}

static enum http_outcome nearest_get(struct http_request *request, struct http_reply *reply)
{
	struct str text = http_query(request, "ts"), dir = http_query(request, "dir");
	bool forward = str_eq_c(dir, "f");
	struct rooms_view view;
	struct event *event;
	int64_t ts;
	enum status status;

	if (text.p == NULL || dir.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "ts and dir are needed");
	if (str_to_i64(text, &ts) != STATUS_OK || (!forward && !str_eq_c(dir, "b")))
		return http_error(reply, 400, "M_INVALID_PARAM",
			"ts must be a number of milliseconds, dir must be f or b");
	if (!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	status = find_nearest(request, &view, ts, forward, &event);
	if (status != STATUS_OK)
		return api_status(reply, status,
			status == STATUS_NOT_FOUND ? "There is no event in that direction" : NULL);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "event_id", event->event_id);
	jw_put_int(&reply->json, "origin_server_ts", event->origin_server_ts);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
