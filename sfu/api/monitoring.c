/* SPDX-License-Identifier: Apache-2.0 */
/* For those who run it: is it well, and how busy. */
#include "common/http/monitoring.h"
#include "sfu/api/api.h"

static enum http_outcome health_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/healthz", 0, LIMIT_NONE, BODY_NONE, 0, health_get},
	{HTTP_GET, "/metrics", 0, LIMIT_NONE, BODY_NONE, 0, http_metrics_get},
};

const struct http_routes api_monitoring_routes = {routes, ARRAY_LEN(routes)};

static enum http_outcome health_get(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "status", "ok");
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
