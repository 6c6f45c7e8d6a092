/* SPDX-License-Identifier: Apache-2.0 */
/* For those who run the server: is it well, and how busy. */
#include "common/http/monitoring.h"
#include "homeserver/api/api.h"
#include "homeserver/store/account_store.h"

static enum http_outcome health_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/health", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, health_get},
	{HTTP_GET, "/metrics", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, http_metrics_get},
};

const struct http_routes api_monitoring_routes = {routes, ARRAY_LEN(routes)};

/* Well means that the database answers. */
static enum http_outcome health_get(struct http_request *request, struct http_reply *reply)
{
	enum status status = account_exists(api_db(request), STR("@"));
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "status", "ok");
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
