/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Current account information", "Password management", "Account
 * deactivation". */
#include "homeserver/api/api.h"
#include "homeserver/api/passwords.h"
#include "homeserver/api/session.h"
#include "homeserver/api/uia.h"
#include "homeserver/keys/device_lists.h"
#include "homeserver/room/room_send.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/presence_store.h"
#include "homeserver/stream/streams.h"

#define PASSWORD_MIN_BYTES 8

static enum http_outcome whoami_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome password_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome deactivate_post(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/account/whoami", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0,
		whoami_get},
	{HTTP_POST, "/_matrix/client/r0|v3/account/password", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0,
		password_post},
	{HTTP_POST, "/_matrix/client/r0|v3/account/deactivate", AUTH_USER, LIMIT_WRITE,
		BODY_JSON_OPTIONAL, 0, deactivate_post},
};

const struct http_routes api_account_routes = {routes, ARRAY_LEN(routes)};

static enum http_outcome whoami_get(struct http_request *request, struct http_reply *reply)
{
	const struct requester *who = api_requester(request);
	struct json_writer *w = &reply->json;
	jw_object(w);
	jw_put_str(w, "user_id", who->user_id);
	if (who->device_id.n > 0)
		jw_put_str(w, "device_id", who->device_id);
	jw_put_bool(w, "is_guest", who->is_guest);
	jw_object_end(w);
	return HTTP_REPLY;
}

struct password_body {
	struct str new_password;
	bool logout_devices;
};

static const struct json_field password_fields[] = {
	{"new_password", FIELD_STR, false, offsetof(struct password_body, new_password),
		PASSWORD_MAX_BYTES, false},
	{"logout_devices", FIELD_BOOL, false, offsetof(struct password_body, logout_devices), 0,
		false},
};

struct password_change {
	const struct requester *who;
	struct str encoded;
	bool logout_devices;
};

static enum status password_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct password_change *change = arg;
	enum status status = account_set_password(tx, change->who->user_id, change->encoded);
	if (status == STATUS_OK && change->logout_devices)
		status = session_close_devices(tx, change->who->user_id, change->who->device_id);
	return status;
}

static enum http_outcome password_post(struct http_request *request, struct http_reply *reply)
{
	struct password_body body = {.logout_devices = true};
	if (!API_READ_BODY(request, reply, password_fields, &body))
		return HTTP_REPLY;
	if (body.new_password.p != NULL && body.new_password.n < PASSWORD_MIN_BYTES)
		return http_error(reply, 400, "M_WEAK_PASSWORD",
			"A password needs at least %d characters", PASSWORD_MIN_BYTES);
	PASSWORD_TURN(turn, request);
	enum uia_result result = uia_require_password(request, reply, &turn);
	if (result != UIA_PASSED)
		return result == UIA_PARKED ? HTTP_PARK : HTTP_REPLY;
	if (body.new_password.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "\"new_password\" is missing");
	if (!password_turn_take(&turn))
		return HTTP_PARK;
	struct password_change change = {
		.who = api_requester(request),
		.encoded = password_encode(&turn, body.new_password),
		.logout_devices = body.logout_devices,
	};
	password_turn_end(&turn);
	enum status status = api_write(request, password_change, &change);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	uia_finish(request);
	return HTTP_REPLY;
}

/* Leaves, declines or withdraws; a room that refuses keeps its dead member. */
static enum status leave_rooms(struct db_tx *tx, struct str user_id) REQUIRES(on_writer)
{
	struct membership_rows rooms;
	enum status status = membership_of_user(tx->db, tx->arena, user_id, &rooms);
	for (size_t i = 0; i < rooms.count && status == STATUS_OK; i++) {
		enum membership membership = rooms.items[i].membership;
		if (membership != MEMBERSHIP_JOIN && membership != MEMBERSHIP_INVITE &&
			membership != MEMBERSHIP_KNOCK)
			continue;
		const struct event_draft draft = {
			.room_id = rooms.items[i].room_id,
			.sender = user_id,
			.type = STR("m.room.member"),
			.state_key = user_id,
			.content = STR("{\"membership\":\"leave\"}"),
		};
		struct event *event;
		status = room_send(tx, &draft, &event, NULL);
		if (status == STATUS_DENIED)
			status = STATUS_OK;
	}
	return status;
}

struct deactivation {
	struct str user_id;
	bool erase;
};

static enum status deactivate_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct deactivation *who = arg;
	enum status status = leave_rooms(tx, who->user_id);
	if (status == STATUS_OK)
		status = device_lists_user_deactivated(tx, who->user_id);
	if (status == STATUS_OK)
		status = account_deactivate(tx, who->user_id);
	if (status == STATUS_OK)
		status = presence_store_delete(tx, who->user_id);
	if (status == STATUS_OK && who->erase)
		status = account_erase(tx, who->user_id, stream_next(tx));
	return status;
}

static const struct json_field deactivate_fields[] = {
	{"erase", FIELD_BOOL, false, offsetof(struct deactivation, erase), 0, false},
};

static enum http_outcome deactivate_post(struct http_request *request, struct http_reply *reply)
{
	struct deactivation who = {.user_id = api_requester(request)->user_id};
	if (!API_READ_BODY(request, reply, deactivate_fields, &who))
		return HTTP_REPLY;
	PASSWORD_TURN(turn, request);
	enum uia_result result = uia_require_password(request, reply, &turn);
	if (result != UIA_PASSED)
		return result == UIA_PARKED ? HTTP_PARK : HTTP_REPLY;
	password_turn_end(&turn);
	enum status status = api_write(request, deactivate_change, &who);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	uia_finish(request);
	/* No third-party identifier was ever bound here. */
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "id_server_unbind_result", "success");
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
