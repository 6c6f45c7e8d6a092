/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client-server API: "Adding Account Administrative Contact Information". This server keeps no mail
 * addresses and phone numbers of its users and sends no mail to them: it says so with the error
 * that each endpoint has for it, so that clients can tell people.
 */
#include "homeserver/api/api.h"

static enum http_outcome unsupported(struct http_request *request, struct http_reply *reply);
static enum http_outcome denied(struct http_request *request, struct http_reply *reply);
static enum http_outcome not_trusted(struct http_request *request, struct http_reply *reply);
static enum http_outcome nothing_bound(struct http_request *request, struct http_reply *reply);
static enum http_outcome threepids_get(struct http_request *request, struct http_reply *reply);

#define ACCOUNT "/_matrix/client/r0|v3/account/"

static const struct http_route routes[] = {
	{HTTP_GET, ACCOUNT "3pid", AUTH_USER, LIMIT_READ, BODY_NONE, 0, threepids_get},
	{HTTP_POST, ACCOUNT "3pid", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, denied},
	{HTTP_POST, ACCOUNT "3pid/add", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, denied},
	{HTTP_POST, ACCOUNT "3pid/bind", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, not_trusted},
	{HTTP_POST, ACCOUNT "3pid/delete", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, nothing_bound},
	{HTTP_POST, ACCOUNT "3pid/unbind", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, nothing_bound},
	{HTTP_POST, ACCOUNT "3pid/email/requestToken", AUTH_NONE, LIMIT_LOGIN, BODY_JSON, 0,
		unsupported},
	{HTTP_POST, ACCOUNT "3pid/msisdn/requestToken", AUTH_NONE, LIMIT_LOGIN, BODY_JSON, 0,
		unsupported},
	{HTTP_POST, ACCOUNT "password/email/requestToken", AUTH_NONE, LIMIT_LOGIN, BODY_JSON, 0,
		denied},
	{HTTP_POST, ACCOUNT "password/msisdn/requestToken", AUTH_NONE, LIMIT_LOGIN, BODY_JSON, 0,
		denied},
	{HTTP_POST, "/_matrix/client/r0|v3/register/email/requestToken", AUTH_NONE, LIMIT_REGISTER,
		BODY_JSON, 0, denied},
	{HTTP_POST, "/_matrix/client/r0|v3/register/msisdn/requestToken", AUTH_NONE, LIMIT_REGISTER,
		BODY_JSON, 0, denied},
};

extern const struct http_routes api_threepids_routes;
const struct http_routes api_threepids_routes = {routes, ARRAY_LEN(routes)};

static enum http_outcome unsupported(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	return http_error(reply, 400, "M_THREEPID_MEDIUM_NOT_SUPPORTED",
		"This server keeps no mail addresses or phone numbers");
}

static enum http_outcome denied(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	return http_error(reply, 403, "M_THREEPID_DENIED",
		"This server keeps no mail addresses or phone numbers: ask its administrator");
}

static enum http_outcome not_trusted(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	return http_error(
		reply, 400, "M_SERVER_NOT_TRUSTED", "This server uses no identity server");
}

static enum http_outcome nothing_bound(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "id_server_unbind_result", "no-support");
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

/* None are kept, so nobody has any. */
static enum http_outcome threepids_get(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	jw_object(&reply->json);
	jw_put_array(&reply->json, "threepids");
	jw_array_end(&reply->json);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
