/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Sending events to a room" and "Redactions". */
#include "common/matrix/ids.h"
#include "homeserver/api/admit.h"
#include "homeserver/api/delayed_events.h"
#include "homeserver/api/rooms.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/room_store.h"

#define EVENT_BODY_MAX (256 * 1024)

static enum http_outcome send_and_answer(
	struct http_request *request, struct http_reply *reply, struct rooms_sending *sending)
{
	enum status status;

	if (delayed_events_take(request, reply, &sending->draft))
		return HTTP_REPLY;
	status = rooms_send(request, sending);
	if (status != STATUS_OK)
		return rooms_error(reply, status, sending->why);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "event_id", sending->event_id);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome message_put(struct http_request *request, struct http_reply *reply)
{
	struct rooms_sending sending = {
		.draft = rooms_draft(request, request->params[0], request->params[1])};

	sending.draft.txn_id = request->params[2];
	return send_and_answer(request, reply, &sending);
}

static bool is_own_event(struct http_request *request, struct str event_id)
{
	struct event *event;

	return room_event_find(api_db(request), request->arena, event_id, &event) == STATUS_OK &&
	       str_eq(event->sender, api_requester(request)->user_id);
}

static enum http_outcome redact_put(struct http_request *request, struct http_reply *reply)
{
	struct rooms_sending sending = {
		.draft = rooms_draft(request, request->params[0], STR("m.room.redaction"))};

	if (!event_id_ok(request->params[1]))
		return http_error(reply, 400, "M_INVALID_PARAM", "This is not an event id");
	if (api_requester(request)->is_suspended && !is_own_event(request, request->params[1]))
		return admit_suspended(reply);
	if (sending.draft.content.n == 0)
		sending.draft.content = STR("{}");
	sending.draft.redacts = request->params[1];
	sending.draft.txn_id = request->params[2];
	return send_and_answer(request, reply, &sending);
}

static bool has_alias(const struct json *content, struct str alias)
{
	const struct json *others = json_get(content, "alt_aliases");

	if (str_eq(json_str(json_get(content, "alias")), alias))
		return true;
	for (size_t i = 0; i < json_count(others); i++)
		if (str_eq(json_str(json_at(others, i)), alias))
			return true;
	return false;
}

/* An alias may be told to be the room's when it leads to the room; one that was told before may
 * stay. false: the reply is filled. */
static bool alias_ok(struct http_request *request, struct http_reply *reply,
	const struct event *current, const struct json *alias)
{
	struct str room_id;
	struct matrix_id id;
	enum status status;

	if (alias == NULL || json_is(alias, JSON_NULL) || json_str(alias).n == 0)
		return true;
	if (current != NULL && has_alias(current->content, json_str(alias)))
		return true;
	if (room_alias_parse(json_str(alias), &id) != STATUS_OK) {
		(void)http_error(reply, 400, "M_INVALID_PARAM", "This is not a room alias");
		return false;
	}
	status = room_alias_find(api_db(request), request->arena, json_str(alias), &room_id, NULL);
	if (status == STATUS_OK && str_eq(room_id, request->params[0]))
		return true;
	if (status == STATUS_OK || status == STATUS_NOT_FOUND)
		(void)http_error(reply, 400, "M_BAD_ALIAS", "The alias does not lead to this room");
	else
		(void)api_status(reply, status, NULL);
	return false;
}

static bool check_canonical_alias(struct http_request *request, struct http_reply *reply)
{
	const struct json *others = json_get(request->json, "alt_aliases");
	struct event *current;
	enum status status = room_state_find(api_db(request), request->arena, request->params[0],
		STR("m.room.canonical_alias"), STR(""), STATE_NOW, &current);

	if (status != STATUS_OK) {
		(void)api_status(reply, status, NULL);
		return false;
	}
	if (!alias_ok(request, reply, current, json_get(request->json, "alias")))
		return false;
	for (size_t i = 0; i < json_count(others); i++)
		if (!alias_ok(request, reply, current, json_at(others, i)))
			return false;
	return true;
}

/* What the endpoints for memberships ask beside the room's rules. false: the reply is filled. */
static bool may_change_member(struct http_request *request, struct http_reply *reply)
{
	struct str membership = json_str(json_get(request->json, "membership"));

	if (api_requester(request)->is_guest) {
		(void)http_error(reply, 403, "M_GUEST_ACCESS_FORBIDDEN",
			"Guests join and leave by the endpoints made for that");
		return false;
	}
	return request->param_count < 3 || !str_eq_c(membership, "invite") ||
	       rooms_invite_permitted(request, reply, request->params[2]);
}

static enum http_outcome state_put(struct http_request *request, struct http_reply *reply)
{
	struct rooms_sending sending = {
		.draft = rooms_draft(request, request->params[0], request->params[1])};
	bool has_key = request->param_count > 2;

	sending.draft.state_key = has_key ? request->params[2] : STR("");
	if (!has_key && str_eq_c(sending.draft.type, "m.room.canonical_alias") &&
		!check_canonical_alias(request, reply))
		return HTTP_REPLY;
	if (str_eq_c(sending.draft.type, "m.room.member") && !may_change_member(request, reply))
		return HTTP_REPLY;
	return send_and_answer(request, reply, &sending);
}

#define ROOM "/_matrix/client/r0|v3/rooms/{room}/"

static const struct http_route rows[] = {
	{HTTP_PUT, ROOM "send/{type}/{txn}", AUTH_ACTIVE_GUEST, LIMIT_WRITE, BODY_JSON,
		EVENT_BODY_MAX, message_put},
	{HTTP_PUT, ROOM "redact/{event}/{txn}", AUTH_USER, LIMIT_WRITE, BODY_JSON_OPTIONAL,
		EVENT_BODY_MAX, redact_put},
	{HTTP_PUT, ROOM "state/{type}", AUTH_ACTIVE_GUEST, LIMIT_WRITE, BODY_JSON, EVENT_BODY_MAX,
		state_put},
	{HTTP_PUT, ROOM "state/{type}/", AUTH_ACTIVE_GUEST, LIMIT_WRITE, BODY_JSON, EVENT_BODY_MAX,
		state_put},
	{HTTP_PUT, ROOM "state/{type}/{key}", AUTH_ACTIVE_GUEST, LIMIT_WRITE, BODY_JSON,
		EVENT_BODY_MAX, state_put},
};
extern const struct http_routes api_rooms_send_routes;
const struct http_routes api_rooms_send_routes = {rows, ARRAY_LEN(rows)};
