/* SPDX-License-Identifier: Apache-2.0 */
/* For those who run the server: is it well, and how busy. */
#include "common/metrics/metrics.h"
#include "homeserver/api/api.h"
#include "homeserver/store/account_store.h"

#define METRICS_MAX_BYTES ((size_t)4 * 1024 * 1024)

static enum http_outcome health_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome metrics_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/health", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, health_get},
	{HTTP_GET, "/metrics", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, metrics_get},
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

static bool is_local(struct http_request *request)
{
	bool loopback = str_starts(request->peer, STR("127.")) || str_eq_c(request->peer, "::1") ||
			str_starts(request->peer, STR("::ffff:127."));
	/* A front door on this machine speaks for somebody elsewhere. */
	return loopback && http_header(request, "X-Forwarded-For").p == NULL &&
	       http_header(request, "Forwarded").p == NULL;
}

static enum http_outcome metrics_get(struct http_request *request, struct http_reply *reply)
{
	if (!is_local(request))
		return http_error(reply, 403, "M_FORBIDDEN", "Metrics are for this machine only");
	BUF_SCOPE(page, METRICS_MAX_BYTES);
	metrics_render(api_homeserver(request)->metrics, &page);
	reply->content_type = "text/plain; version=0.0.4";
	buf_append(&reply->body, buf_str(&page));
	return HTTP_REPLY;
}
