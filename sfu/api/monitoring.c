/* SPDX-License-Identifier: Apache-2.0 */
/* For those who run it: is it well, and how busy. */
#include "common/metrics/metrics.h"
#include "sfu/api/api.h"
#include "sfu/sfu.h"

#define METRICS_MAX_BYTES ((size_t)1024 * 1024)

static enum http_outcome health_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome metrics_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/healthz", 0, LIMIT_NONE, BODY_NONE, 0, health_get},
	{HTTP_GET, "/metrics", 0, LIMIT_NONE, BODY_NONE, 0, metrics_get},
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
	metrics_render(api_sfu(request)->metrics, &page);
	reply->content_type = "text/plain; version=0.0.4";
	buf_append(&reply->body, buf_str(&page));
	return HTTP_REPLY;
}
