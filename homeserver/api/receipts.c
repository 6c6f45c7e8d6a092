/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts, fully read markers (client-server API, chapters of these names). */
#include "homeserver/sync/receipts.h"
#include "common/base/clock.h"
#include "homeserver/api/api.h"
#include "homeserver/room/event_thread.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/sync/presence.h"

static enum http_outcome receipt_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome read_markers_post(struct http_request *request, struct http_reply *reply);

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/rooms/{room}/receipt/{type}/{event}", AUTH_USER,
		LIMIT_READ, BODY_JSON_OPTIONAL, 0, receipt_post},
	{HTTP_POST, "/_matrix/client/r0|v3/rooms/{room}/read_markers", AUTH_USER, LIMIT_READ,
		BODY_JSON, 0, read_markers_post},
};
const struct http_routes api_receipts_routes = {rows, ARRAY_LEN(rows)};

#define MARKERS 3

/* Events to move to; NULL: leave it where it is. */
struct move {
	struct str user_id;
	struct str thread_id;
	const struct event *fully_read;
	const struct event *read;
	const struct event *read_private;
	int64_t now;
};

static enum status move_all(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct move *move = arg;
	enum status status = STATUS_OK;

	if (move->fully_read != NULL)
		status = read_marker_move(tx, move->user_id, move->fully_read);
	if (status == STATUS_OK && move->read != NULL)
		status = receipt_move(
			tx, move->user_id, move->read, RECEIPT_READ, move->thread_id, move->now);
	if (status == STATUS_OK && move->read_private != NULL)
		status = receipt_move(tx, move->user_id, move->read_private, RECEIPT_READ_PRIVATE,
			move->thread_id, move->now);
	return status;
}

/* Finds an event of the room. false: the reply is filled. */
static bool find_event(struct http_request *request, struct http_reply *reply, struct str event_id,
	const struct event **out)
{
	struct event *event;
	enum status status = room_event_find(api_db(request), request->arena, event_id, &event);

	if (status == STATUS_OK && str_eq(event->room_id, request->params[0])) {
		*out = event;
		return true;
	}
	if (status == STATUS_OK || status == STATUS_NOT_FOUND)
		(void)http_error(reply, 404, "M_NOT_FOUND", "There is no such event in this room");
	else
		(void)api_status(reply, status, NULL);
	return false;
}

static bool is_joined(struct http_request *request, struct http_reply *reply)
{
	enum membership membership;
	enum status status = membership_get(
		api_db(request), request->params[0], api_requester(request)->user_id, &membership);

	if (status == STATUS_OK && membership == MEMBERSHIP_JOIN)
		return true;
	if (status == STATUS_OK)
		(void)http_error(reply, 403, "M_FORBIDDEN", "You are not in this room");
	else
		(void)api_status(reply, status, NULL);
	return false;
}

/* The thread must be the one to which the event belongs, or of which it is the root. */
static bool thread_fits(struct http_request *request, struct http_reply *reply,
	const struct event *event, struct str thread_id)
{
	struct str root;
	enum status status;

	if (thread_id.n == 0 || str_eq(thread_id, event->event_id))
		return true;
	status = event_thread(api_db(request), request->arena, event, &root);
	if (status != STATUS_OK) {
		(void)api_status(reply, status, NULL);
		return false;
	}
	if (str_eq(thread_id, root.n == 0 ? STR("main") : root))
		return true;
	(void)http_error(reply, 400, "M_INVALID_PARAM", "The event does not belong to that thread");
	return false;
}

/* {NULL, 0} when absent. false: the reply is filled. */
static bool read_thread(
	struct http_request *request, struct http_reply *reply, bool takes_thread, struct str *out)
{
	const struct json *thread = json_get(request->json, "thread_id");

	*out = json_str(thread);
	if (thread == NULL ||
		(takes_thread && json_is(thread, JSON_STRING) && out->n != 0 && out->n <= 255))
		return true;
	(void)http_error(reply, 400, "M_INVALID_PARAM",
		takes_thread ? "thread_id must be an event id or \"main\""
			     : "This marker has no threads");
	return false;
}

static enum http_outcome finish(
	struct http_request *request, struct http_reply *reply, struct move *move)
{
	enum status status;

	move->user_id = api_requester(request)->user_id;
	move->now = clock_wall_ms();
	status = api_write(request, move_all, move);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	presence_active(
		api_homeserver(request)->presence, move->user_id, clock_mono_ms(), move->now);
	return HTTP_REPLY;
}

static enum http_outcome receipt_post(struct http_request *request, struct http_reply *reply)
{
	struct str type = request->params[1];
	struct move move = {0};
	const struct {
		struct str type;
		const struct event **event;
		bool takes_thread;
	} markers[MARKERS] = {
		{STR("m.fully_read"), &move.fully_read, false},
		{RECEIPT_READ, &move.read, true},
		{RECEIPT_READ_PRIVATE, &move.read_private, true},
	};

	if (!is_joined(request, reply))
		return HTTP_REPLY;
	for (size_t i = 0; i < MARKERS; i++) {
		if (!str_eq(type, markers[i].type))
			continue;
		if (!read_thread(request, reply, markers[i].takes_thread, &move.thread_id) ||
			!find_event(request, reply, request->params[2], markers[i].event) ||
			!thread_fits(request, reply, *markers[i].event, move.thread_id))
			return HTTP_REPLY;
		return finish(request, reply, &move);
	}
	return http_error(reply, 400, "M_INVALID_PARAM",
		"The receipt type must be m.read, m.read.private or m.fully_read");
}

struct markers_body {
	struct str fully_read;
	struct str read;
	struct str read_private;
};

static enum http_outcome read_markers_post(struct http_request *request, struct http_reply *reply)
{
	static const struct json_field fields[] = {
		{"m.fully_read", FIELD_STR, false, offsetof(struct markers_body, fully_read), 255,
			false},
		{"m.read", FIELD_STR, false, offsetof(struct markers_body, read), 255, false},
		{"m.read.private", FIELD_STR, false, offsetof(struct markers_body, read_private),
			255, false},
	};
	struct markers_body body = {0};
	struct move move = {0};

	if (!is_joined(request, reply) || !API_READ_BODY(request, reply, fields, &body))
		return HTTP_REPLY;
	if ((body.fully_read.n != 0 &&
		    !find_event(request, reply, body.fully_read, &move.fully_read)) ||
		(body.read.n != 0 && !find_event(request, reply, body.read, &move.read)) ||
		(body.read_private.n != 0 &&
			!find_event(request, reply, body.read_private, &move.read_private)))
		return HTTP_REPLY;
	return finish(request, reply, &move);
}
