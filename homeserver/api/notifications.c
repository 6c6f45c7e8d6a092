/* SPDX-License-Identifier: Apache-2.0 */
/* GET notifications (specification, "Listing Notifications"). */
#include "common/base/clock.h"
#include "homeserver/api/api.h"
#include "homeserver/room/event_format.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/visibility.h"
#include "homeserver/store/push_store.h"

static enum http_outcome notifications_get(struct http_request *request, struct http_reply *reply);

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     100

static const struct http_route rows[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/notifications", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		notifications_get},
};
const struct http_routes api_notifications_routes = {rows, ARRAY_LEN(rows)};

static enum status write_one(struct http_request *request, struct json_writer *w,
	const struct unread_event *row, const struct event *event,
	const struct visibility *visibility)
{
	const struct event_format format = {.db = api_db(request),
		.arena = request->arena,
		.user_id = api_requester(request)->user_id,
		.device_id = api_requester(request)->device_id,
		.now = clock_wall_ms(),
		.without_room_id = true,
		.visibility = visibility};
	jw_object(w);
	jw_put_raw(w, "actions", row->actions);
	jw_key(w, "event");
	enum status status = event_write_client(w, event, &format);
	jw_put_bool(w, "read", row->read);
	jw_put_str(w, "room_id", row->room_id);
	jw_put_int(w, "ts", event->origin_server_ts);
	jw_object_end(w);
	return status;
}

/* Passes over what the user may not see any longer. */
static enum status write_row(
	struct http_request *request, struct json_writer *w, const struct unread_event *row)
{
	struct event *event;
	struct visibility *visibility;
	enum status status = room_event_at(api_db(request), request->arena, row->position, &event);
	if (status == STATUS_OK)
		status = visibility_load(api_db(request), request->arena, row->room_id,
			api_requester(request)->user_id, &visibility);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_OK : status;
	if (!visibility_allows(visibility, event))
		return STATUS_OK;
	return write_one(request, w, row, event, visibility);
}

static enum status write_page(struct http_request *request, struct json_writer *w, int64_t before,
	bool highlights_only, size_t limit)
{
	struct unread_events list;
	enum status status = push_store_notifications(api_db(request), request->arena,
		api_requester(request)->user_id, before, highlights_only, limit + 1, &list);
	if (status != STATUS_OK)
		return status;
	bool more = list.count > limit;
	size_t count = more ? limit : list.count;
	jw_object(w);
	if (more)
		jw_put_str(w, "next_token",
			arena_printf(
				request->arena, "%lld", (long long)list.items[count - 1].position));
	jw_put_array(w, "notifications");
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = write_row(request, w, &list.items[i]);
	jw_array_end(w);
	jw_object_end(w);
	return status;
}

static enum http_outcome notifications_get(struct http_request *request, struct http_reply *reply)
{
	struct str from = http_query(request, "from");
	struct str limit_text = http_query(request, "limit");
	int64_t before = 0;
	int64_t limit = LIMIT_DEFAULT;
	if (from.p != NULL && (str_to_i64(from, &before) != STATUS_OK || before <= 0))
		return http_error(
			reply, 400, "M_INVALID_PARAM", "from is a next_token of an earlier answer");
	if (limit_text.p != NULL && (str_to_i64(limit_text, &limit) != STATUS_OK || limit <= 0))
		return http_error(reply, 400, "M_INVALID_PARAM", "limit is a number above 0");
	bool highlights_only = str_eq(http_query(request, "only"), STR("highlight"));
	enum status status = db_snapshot_begin(api_db(request));
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	status = write_page(request, &reply->json, before, highlights_only,
		(size_t)(limit > LIMIT_MAX ? LIMIT_MAX : limit));
	db_snapshot_end(api_db(request));
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}
