/* SPDX-License-Identifier: Apache-2.0 */
/* Typing notifications (client-server API, chapter of this name). */
#include "homeserver/sync/typing.h"

#include "common/base/clock.h"
#include "homeserver/api/api.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/sync/presence.h"

static enum http_outcome typing_put(struct http_request *request, struct http_reply *reply);

static const struct http_route rows[] = {
	{HTTP_PUT, "/_matrix/client/r0|v3/rooms/{room}/typing/{user}", AUTH_USER, LIMIT_READ,
		BODY_JSON, 0, typing_put},
};
const struct http_routes api_typing_routes = {rows, ARRAY_LEN(rows)};

#define TIMEOUT_DEFAULT_MS 30000

struct typing_body {
	bool typing;
	int64_t timeout;
};

static enum http_outcome typing_put(struct http_request *request, struct http_reply *reply)
{
	static const struct json_field fields[] = {
		{"typing", FIELD_BOOL, true, offsetof(struct typing_body, typing), 0, false},
		{"timeout", FIELD_INT, false, offsetof(struct typing_body, timeout), 0, false},
	};
	struct typing_body body = {.timeout = TIMEOUT_DEFAULT_MS};
	struct str user_id = api_requester(request)->user_id;
	enum membership membership;
	enum status status;

	if (!API_READ_BODY(request, reply, fields, &body))
		return HTTP_REPLY;
	if (!str_eq(request->params[1], user_id))
		return http_error(reply, 403, "M_FORBIDDEN", "You can only say that you type");
	status = membership_get(api_db(request), request->params[0], user_id, &membership);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	if (membership != MEMBERSHIP_JOIN)
		return http_error(reply, 403, "M_FORBIDDEN", "You are not in this room");
	status = typing_set(api_homeserver(request)->typing, request->params[0], user_id,
		body.typing ? body.timeout : 0);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	presence_active(
		api_homeserver(request)->presence, user_id, clock_mono_ms(), clock_wall_ms());
	return HTTP_REPLY;
}
