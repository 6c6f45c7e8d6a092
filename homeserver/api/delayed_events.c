/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cancellable delayed events (MSC4140) under the unstable names that clients use, the older shapes
 * among them: the delay as a query of send and state, the action in the body.
 */
#include "homeserver/api/delayed_events.h"

#include "homeserver/api/rooms.h"
#include "homeserver/room/delayed_events.h"
#include "homeserver/store/delayed_event_store.h"

static enum http_outcome schedule_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome list_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome one_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome action_in_body(struct http_request *request, struct http_reply *reply);
static enum http_outcome restart_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome cancel_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome send_post(struct http_request *request, struct http_reply *reply);

#define PREFIX	 "/_matrix/client/unstable/org.matrix.msc4140/"
#define ONE	 PREFIX "delayed_events/{delay}"
#define BODY_MAX (256 * 1024)

/* Who knows a delay id may manage the event: an SFU does so without an account. */
static const struct http_route rows[] = {
	{HTTP_PUT, PREFIX "rooms/{room}/delayed_event/{type}/{txn}", AUTH_GUEST, LIMIT_WRITE,
		BODY_JSON, BODY_MAX, schedule_put},
	{HTTP_GET, PREFIX "delayed_events", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, list_get},
	{HTTP_GET, ONE, AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, one_get},
	{HTTP_POST, ONE, AUTH_OPTIONAL, LIMIT_READ, BODY_JSON, 0, action_in_body},
	{HTTP_POST, ONE "/restart", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0, restart_post},
	{HTTP_POST, ONE "/cancel", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0, cancel_post},
	{HTTP_POST, ONE "/send", AUTH_OPTIONAL, LIMIT_WRITE, BODY_NONE, 0, send_post},
};
extern const struct http_routes api_delayed_events_routes;
const struct http_routes api_delayed_events_routes = {rows, ARRAY_LEN(rows)};

/* --- scheduling --- */

struct scheduling {
	struct arena *arena;
	const struct event_draft *draft;
	int64_t delay_ms;
	struct str delay_id;
	int64_t retry_ms;
};

static enum status schedule_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct scheduling *s = arg;
	struct str delay_id = STR_EMPTY;
	enum status status =
		delayed_events_schedule(tx, s->draft, s->delay_ms, &delay_id, &s->retry_ms);
	s->delay_id = arena_str(s->arena, delay_id);
	return status;
}

static enum http_outcome too_long(struct http_reply *reply)
{
	http_error_begin(reply, 400, "M_UNKNOWN", "The requested delay exceeds the maximum");
	jw_put_c_str(&reply->json, "org.matrix.msc4140.errcode", "M_MAX_DELAY_EXCEEDED");
	jw_put_int(&reply->json, "org.matrix.msc4140.max_delay", DELAYED_MAX_MS);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome too_many(
	struct http_request *request, struct http_reply *reply, int64_t retry_ms)
{
	struct str seconds =
		arena_printf(request->arena, "%lld", (long long)((retry_ms + 999) / 1000));
	http_error_begin(reply, 429, "M_LIMIT_EXCEEDED", "Too many delayed events are scheduled");
	jw_put_int(&reply->json, "retry_after_ms", retry_ms);
	jw_object_end(&reply->json);
	http_reply_header(reply, "Retry-After", arena_c_str(request->arena, seconds));
	return HTTP_REPLY;
}

static enum http_outcome schedule(struct http_request *request, struct http_reply *reply,
	const struct event_draft *draft, int64_t delay_ms)
{
	struct scheduling s = {.arena = request->arena, .draft = draft, .delay_ms = delay_ms};
	if (delay_ms <= 0)
		return http_error(reply, 400, "M_INVALID_PARAM",
			"The delay is a number of milliseconds above 0");
	if (delay_ms > DELAYED_MAX_MS)
		return too_long(reply);
	enum status status = api_write(request, schedule_change, &s);
	if (status == STATUS_LIMITED)
		return too_many(request, reply, s.retry_ms);
	if (status != STATUS_OK)
		return rooms_error(reply, status, NULL);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "delay_id", s.delay_id);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

bool delayed_events_take(
	struct http_request *request, struct http_reply *reply, const struct event_draft *draft)
{
	struct str text = http_query(request, "org.matrix.msc4140.delay");
	int64_t delay_ms;
	if (text.p == NULL)
		return false;
	if (str_to_i64(text, &delay_ms) != STATUS_OK)
		delay_ms = 0;
	(void)schedule(request, reply, draft, delay_ms);
	return true;
}

struct schedule_body {
	int64_t delay;
	int64_t delay_ms; /* its name in the accepted proposal */
	struct str state_key;
	const struct json *content;
};

#define MEMBER(name) offsetof(struct schedule_body, name)
static const struct json_field schedule_fields[] = {
	{"delay", FIELD_INT, false, MEMBER(delay), 0, false},
	{"delay_ms", FIELD_INT, false, MEMBER(delay_ms), 0, false},
	{"state_key", FIELD_STR, false, MEMBER(state_key), 255, false},
	{"content", FIELD_OBJECT, true, MEMBER(content), 0, false},
};

static enum http_outcome schedule_put(struct http_request *request, struct http_reply *reply)
{
	struct schedule_body body = {0};
	BUF_SCOPE(content, BODY_MAX);
	if (!API_READ_BODY(request, reply, schedule_fields, &body))
		return HTTP_REPLY;
	if (json_get(request->json, "delay") == NULL && json_get(request->json, "delay_ms") == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "delay_ms is missing");
	json_write(body.content, &content);
	if (buf_status(&content) != STATUS_OK)
		return http_error(
			reply, 413, "M_TOO_LARGE", "The event is larger than 65,536 bytes");
	struct event_draft draft = rooms_draft(request, request->params[0], request->params[1]);
	draft.content = buf_str(&content);
	draft.state_key = body.state_key;
	draft.txn_id = request->params[2];
	return schedule(request, reply, &draft, body.delay_ms != 0 ? body.delay_ms : body.delay);
}

/* --- managing --- */

struct managing {
	struct str delay_id;
	enum delayed_action action;
	const char *why;
};

static enum status manage_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct managing *m = arg;
	return delayed_events_manage(tx, m->delay_id, m->action, &m->why);
}

/* The proposal answers 409 where the event was closed in another way; the clients of today take
 * anything but M_NOT_FOUND for a defect and leave their call. */
static enum http_outcome manage(
	struct http_request *request, struct http_reply *reply, enum delayed_action action)
{
	struct managing m = {.delay_id = request->params[0], .action = action};
	enum status status = api_write(request, manage_change, &m);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "No such delayed event is scheduled");
	return status == STATUS_OK ? HTTP_REPLY : rooms_error(reply, status, m.why);
}

static enum http_outcome restart_post(struct http_request *request, struct http_reply *reply)
{
	return manage(request, reply, DELAYED_RESTART);
}

static enum http_outcome cancel_post(struct http_request *request, struct http_reply *reply)
{
	return manage(request, reply, DELAYED_CANCEL);
}

static enum http_outcome send_post(struct http_request *request, struct http_reply *reply)
{
	return manage(request, reply, DELAYED_SEND);
}

static enum http_outcome action_in_body(struct http_request *request, struct http_reply *reply)
{
	static const struct {
		const char *name;
		enum delayed_action action;
	} actions[] = {
		{"restart", DELAYED_RESTART},
		{"cancel", DELAYED_CANCEL},
		{"send", DELAYED_SEND},
	};
	const struct json *action = json_get(request->json, "action");
	if (action == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "action is missing");
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (str_eq_c(json_str(action), actions[i].name))
			return manage(request, reply, actions[i].action);
	return http_error(
		reply, 400, "M_INVALID_PARAM", "action is \"restart\", \"cancel\" or \"send\"");
}

/* --- looking --- */

static void write_members(struct json_writer *w, const struct delayed_event *event)
{
	jw_put_str(w, "delay_id", event->delay_id);
	jw_put_str(w, "room_id", event->room_id);
	jw_put_str(w, "type", event->type);
	if (event->state_key.p != NULL)
		jw_put_str(w, "state_key", event->state_key);
	jw_put_int(w, "delay", event->delay_ms);
	jw_put_int(w, "running_since", event->running_since);
	jw_put_raw(w, "content", event->content);
}

static void write_outcome(struct json_writer *w, const struct delayed_event *event)
{
	if (event->error.p != NULL)
		jw_put_raw(w, "error", event->error);
	if (event->event_id.p != NULL)
		jw_put_str(w, "event_id", event->event_id);
	jw_put_int(w, "origin_server_ts", event->finalised_ts);
}

static enum http_outcome one_get(struct http_request *request, struct http_reply *reply)
{
	struct delayed_event event;
	enum status status =
		delayed_event_find(api_db(request), request->arena, request->params[0], &event);
	if (status == STATUS_OK && !str_eq(event.user_id, api_requester(request)->user_id))
		status = STATUS_NOT_FOUND;
	if (status != STATUS_OK)
		return api_status(reply, status, "You have no such delayed event");
	jw_object(&reply->json);
	write_members(&reply->json, &event);
	if (event.finalised_ts != 0)
		write_outcome(&reply->json, &event);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static void write_finalised(struct json_writer *w, const struct delayed_event *event)
{
	jw_object(w);
	jw_put_object(w, "delayed_event");
	write_members(w, event);
	jw_object_end(w);
	jw_put_c_str(w, "outcome", event->sent ? "send" : "cancel");
	jw_put_c_str(w, "reason",
		event->error.p != NULL ? "error"
		: event->by_action     ? "action"
				       : "delay");
	write_outcome(w, event);
	jw_object_end(w);
}

/* Asked for by name: ?delay_id=, which may come more than once. */
static bool is_asked_for(struct http_request *request, const struct delayed_event *event)
{
	size_t cursor = 0;
	struct str delay_id;
	bool any = false;
	while (http_query_next(request, "delay_id", &cursor, &delay_id)) {
		if (str_eq(delay_id, event->delay_id))
			return true;
		any = true;
	}
	return !any;
}

static enum status write_list(
	struct http_request *request, struct json_writer *w, const char *key, bool finalised)
{
	struct delayed_event_list list;
	enum status status = delayed_event_list_get(
		api_db(request), request->arena, api_requester(request)->user_id, finalised, &list);
	if (status != STATUS_OK)
		return status;
	jw_put_array(w, key);
	for (size_t i = 0; i < list.count; i++) {
		if (!is_asked_for(request, &list.items[i]))
			continue;
		if (finalised) {
			write_finalised(w, &list.items[i]);
			continue;
		}
		jw_object(w);
		write_members(w, &list.items[i]);
		jw_object_end(w);
	}
	jw_array_end(w);
	return STATUS_OK;
}

/* "delayed_events" is what servers have answered so far; "scheduled" and "finalised" are what
 * matrix-js-sdk reads. */
static enum http_outcome list_get(struct http_request *request, struct http_reply *reply)
{
	struct str only = http_query(request, "status");
	bool scheduled = only.p == NULL || str_eq_c(only, "scheduled");
	bool finalised = only.p == NULL || str_eq_c(only, "finalised");
	if (!scheduled && !finalised)
		return http_error(
			reply, 400, "M_INVALID_PARAM", "status is \"scheduled\" or \"finalised\"");
	enum status status = db_snapshot_begin(api_db(request));
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	if (scheduled)
		status = write_list(request, &reply->json, "delayed_events", false);
	if (status == STATUS_OK && scheduled)
		status = write_list(request, &reply->json, "scheduled", false);
	if (status == STATUS_OK && finalised)
		status = write_list(request, &reply->json, "finalised", true);
	jw_object_end(&reply->json);
	db_snapshot_end(api_db(request));
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}
