/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "OpenID"; server-server API: GET /openid/userinfo. */
#include "common/base/clock.h"
#include "homeserver/api/api.h"
#include "homeserver/api/session.h"

#define OPENID_MS (60 * 60 * 1000)

static enum http_outcome request_token_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome userinfo_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/user/{user}/openid/request_token", AUTH_USER,
		LIMIT_WRITE, BODY_JSON_OPTIONAL, 0, request_token_post},
	{HTTP_GET, "/_matrix/federation/v1/openid/userinfo", AUTH_NONE, LIMIT_READ, BODY_NONE, 0,
		userinfo_get},
};

const struct http_routes api_openid_routes = {routes, ARRAY_LEN(routes)};

static enum http_outcome request_token_post(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	struct str user_id = api_requester(request)->user_id;
	struct str token;
	if (!str_eq(request->params[0], user_id))
		return http_error(reply, 403, "M_FORBIDDEN", "You cannot speak for somebody else");
	enum status status = session_short_token(request, TOKEN_OPENID, user_id, OPENID_MS, &token);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(w);
	jw_put_str(w, "access_token", token);
	jw_put_c_str(w, "token_type", "Bearer");
	jw_put_str(w, "matrix_server_name", api_homeserver(request)->server_name);
	jw_put_int(w, "expires_in", OPENID_MS / 1000);
	jw_object_end(w);
	return HTTP_REPLY;
}

static enum http_outcome userinfo_get(struct http_request *request, struct http_reply *reply)
{
	struct str user_id;
	struct str token = http_query(request, "access_token");
	if (token.n == 0)
		return http_error(reply, 401, "M_MISSING_TOKEN", "An OpenID token is needed");
	enum status status = token_find_short(
		api_db(request), request->arena, TOKEN_OPENID, token, clock_wall_ms(), &user_id);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 401, "M_UNKNOWN_TOKEN", "Access token unknown or expired");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "sub", user_id);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
