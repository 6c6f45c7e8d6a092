/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Reporting Content". Reports are kept; an administrator reads them. */
#include "homeserver/store/report_store.h"

#include "common/base/clock.h"
#include "homeserver/api/rooms.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/room_store.h"

static enum http_outcome room_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome event_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome user_post(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/rooms/{room}/report", AUTH_USER, LIMIT_REPORT, BODY_JSON,
		0, room_post},
	{HTTP_POST, "/_matrix/client/r0|v3/rooms/{room}/report/{event}", AUTH_USER, LIMIT_REPORT,
		BODY_JSON, 0, event_post},
	{HTTP_POST, "/_matrix/client/r0|v3/users/{user}/report", AUTH_USER, LIMIT_REPORT, BODY_JSON,
		0, user_post},
};

extern const struct http_routes api_reports_routes;
const struct http_routes api_reports_routes = {routes, ARRAY_LEN(routes)};

struct report_body {
	struct str reason;
};

static const struct json_field must_say_why[] = {
	{"reason", FIELD_STR, true, offsetof(struct report_body, reason), REPORT_REASON_MAX, false},
};
static const struct json_field may_say_why[] = {
	{"reason", FIELD_STR, false, offsetof(struct report_body, reason), REPORT_REASON_MAX,
		false},
};

static enum status report_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return report_add(tx, arg);
}

/* Keeps what is reported once it is known to exist. */
static enum http_outcome keep(struct http_request *request, struct http_reply *reply,
	enum status found, struct report *report, const char *missing)
{
	if (found == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "%s", missing);
	if (found != STATUS_OK)
		return api_status(reply, found, NULL);
	report->reporter = api_requester(request)->user_id;
	report->created_ts = clock_wall_ms();
	enum status status = api_write(request, report_change, report);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

static enum http_outcome room_post(struct http_request *request, struct http_reply *reply)
{
	struct report_body body = {STR_EMPTY};
	struct room_row room;
	if (!API_READ_BODY(request, reply, must_say_why, &body))
		return HTTP_REPLY;
	struct report report = {.room_id = request->params[0], .reason = body.reason};
	enum status status =
		room_store_find(api_db(request), request->arena, report.room_id, &room);
	return keep(request, reply, status, &report, "There is no such room");
}

/* STATUS_NOT_FOUND unless the reporter is in the room and may see the event. */
static enum status find_event(
	struct http_request *request, struct str room_id, struct str event_id, struct event **out)
{
	struct visibility *visibility;
	enum status status = visibility_load(api_db(request), request->arena, room_id,
		api_requester(request)->user_id, &visibility);
	if (status == STATUS_OK)
		status = room_event_find(api_db(request), request->arena, event_id, out);
	if (status != STATUS_OK)
		return status;
	bool seen = str_eq((*out)->room_id, room_id) &&
		    visibility_membership(visibility) == MEMBERSHIP_JOIN &&
		    visibility_allows(visibility, *out);
	return seen ? STATUS_OK : STATUS_NOT_FOUND;
}

static enum http_outcome event_post(struct http_request *request, struct http_reply *reply)
{
	struct report_body body = {STR_EMPTY};
	struct event *event;
	if (!API_READ_BODY(request, reply, may_say_why, &body))
		return HTTP_REPLY;
	struct report report = {
		.room_id = request->params[0],
		.event_id = request->params[1],
		.reason = body.reason,
	};
	enum status status = find_event(request, report.room_id, report.event_id, &event);
	if (status == STATUS_OK)
		report.reported_user = event->sender;
	return keep(request, reply, status, &report,
		"There is no such event in a room that you are in");
}

static enum http_outcome user_post(struct http_request *request, struct http_reply *reply)
{
	struct report_body body = {STR_EMPTY};
	if (!API_READ_BODY(request, reply, must_say_why, &body))
		return HTTP_REPLY;
	struct report report = {.reported_user = request->params[0], .reason = body.reason};
	enum status status = account_exists(api_db(request), report.reported_user);
	return keep(request, reply, status, &report, "There is no such user");
}
