/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Presence". */
#include "homeserver/sync/presence.h"

#include "common/base/clock.h"
#include "common/matrix/ids.h"
#include "homeserver/api/api.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/sync/presence_write.h"

static enum http_outcome status_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome status_put(struct http_request *request, struct http_reply *reply);

#define STATUS "/_matrix/client/r0|v3/presence/{user}/status"

static const struct http_route routes[] = {
	{HTTP_GET, STATUS, AUTH_USER, LIMIT_READ, BODY_NONE, 0, status_get},
	{HTTP_PUT, STATUS, AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, status_put},
};

extern const struct http_routes api_presence_routes;
const struct http_routes api_presence_routes = {routes, ARRAY_LEN(routes)};

static enum status may_see(struct http_request *request, struct str user_id, bool *out)
{
	struct str me = api_requester(request)->user_id;
	*out = str_eq(me, user_id);
	return *out ? STATUS_OK : membership_shares_room(api_db(request), me, user_id, out);
}

/* Who is not in memory is offline; what they last said is on disk. */
static enum status load_view(
	struct http_request *request, struct str user_id, struct presence_view *out)
{
	struct presence_row row;
	if (presence_find(api_homeserver(request)->presence, request->arena, user_id, out))
		return STATUS_OK;
	enum status status = account_exists(api_db(request), user_id);
	if (status != STATUS_OK)
		return status;
	*out = (struct presence_view){.user_id = user_id};
	status = presence_store_get(api_db(request), request->arena, user_id, &row);
	if (status == STATUS_OK) {
		out->status_msg = row.status_msg;
		out->last_active = row.last_active;
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum http_outcome status_get(struct http_request *request, struct http_reply *reply)
{
	struct str user_id = request->params[0];
	struct presence_view view;
	bool allowed;
	if (api_homeserver(request)->presence == NULL)
		return http_error(
			reply, 404, "M_NOT_FOUND", "This server does not tell who is online");
	enum status status = may_see(request, user_id, &allowed);
	if (status == STATUS_OK && !allowed)
		return http_error(reply, 403, "M_FORBIDDEN",
			"You share no room with this user, so you cannot see their presence");
	if (status == STATUS_OK)
		status = load_view(request, user_id, &view);
	if (status != STATUS_OK)
		return api_status(
			reply, status, status == STATUS_NOT_FOUND ? "There is no such user" : NULL);
	jw_object(&reply->json);
	presence_write_content(&reply->json, &view, clock_wall_ms());
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

struct status_body {
	struct str presence;
	struct str status_msg;
};

static const struct json_field status_fields[] = {
	{"presence", FIELD_STR, true, offsetof(struct status_body, presence), 0, false},
	{"status_msg", FIELD_STR, false, offsetof(struct status_body, status_msg),
		PRESENCE_STATUS_MAX, false},
};

struct status_change {
	struct presence *presence;
	struct presence_row row;
};

static enum status status_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct status_change *change = arg;
	return presence_set(tx, change->presence, &change->row, clock_mono_ms());
}

static enum http_outcome status_put(struct http_request *request, struct http_reply *reply)
{
	struct status_body body = {.presence = STR_EMPTY};
	struct status_change change = {
		.presence = api_homeserver(request)->presence,
		.row = {.user_id = request->params[0], .last_active = clock_wall_ms()},
	};
	if (!str_eq(request->params[0], api_requester(request)->user_id))
		return http_error(
			reply, 403, "M_FORBIDDEN", "You cannot set somebody else's presence");
	if (change.presence == NULL)
		return http_error(
			reply, 403, "M_FORBIDDEN", "This server does not tell who is online");
	if (!API_READ_BODY(request, reply, status_fields, &body))
		return HTTP_REPLY;
	if (!presence_parse(body.presence, &change.row.state))
		return http_error(reply, 400, "M_INVALID_PARAM",
			"\"presence\" must be online, offline or unavailable");
	if (str_contains_nul(body.status_msg))
		return http_error(
			reply, 400, "M_INVALID_PARAM", "\"status_msg\" has characters not allowed");
	if (body.status_msg.n > 0)
		change.row.status_msg = body.status_msg;
	enum status status = api_write(request, status_change, &change);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}
