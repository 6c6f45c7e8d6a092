/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: POST /logout and /logout/all. */
#include "homeserver/api/api.h"
#include "homeserver/api/session.h"

static enum http_outcome logout_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome logout_all_post(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/logout", AUTH_LOCKED, LIMIT_WRITE, BODY_NONE, 0,
		logout_post},
	{HTTP_POST, "/_matrix/client/r0|v3/logout/all", AUTH_LOCKED, LIMIT_WRITE, BODY_NONE, 0,
		logout_all_post},
};

const struct http_routes api_logout_routes = {routes, ARRAY_LEN(routes)};

struct logout_change {
	const struct requester *who;
	bool all;
};

static enum status logout_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct logout_change *change = arg;
	if (change->all)
		return session_close_devices(tx, change->who->user_id, STR_EMPTY);
	enum status status = session_close_device(tx, change->who->user_id, change->who->device_id);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum http_outcome logout(struct http_request *request, struct http_reply *reply, bool all)
{
	struct logout_change change = {api_requester(request), all};
	if (!all && change.who->device_id.n == 0)
		return http_error(reply, 400, "M_UNKNOWN",
			"An application service's token is not a session that could end");
	enum status status = api_write(request, logout_change, &change);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

static enum http_outcome logout_post(struct http_request *request, struct http_reply *reply)
{
	return logout(request, reply, false);
}

static enum http_outcome logout_all_post(struct http_request *request, struct http_reply *reply)
{
	return logout(request, reply, true);
}
