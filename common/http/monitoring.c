/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http/monitoring.h"

#include "common/http/internal.h"
#include "common/metrics/metrics.h"

#define METRICS_MAX_BYTES ((size_t)4 * 1024 * 1024)

static bool is_local(struct http_request *request)
{
	bool loopback = str_starts(request->peer, STR("127.")) || str_eq_c(request->peer, "::1") ||
			str_starts(request->peer, STR("::ffff:127."));
	/* A front door on this machine speaks for somebody elsewhere. */
	return loopback && http_header(request, "X-Forwarded-For").p == NULL &&
	       http_header(request, "Forwarded").p == NULL;
}

enum http_outcome http_metrics_get(struct http_request *request, struct http_reply *reply)
{
	if (!is_local(request))
		return http_error(reply, 403, "M_FORBIDDEN", "Metrics are for this machine only");
	BUF_SCOPE(page, METRICS_MAX_BYTES);
	metrics_render(request->internal->server->config.metrics, &page);
	reply->content_type = "text/plain; version=0.0.4";
	buf_append(&reply->body, buf_str(&page));
	return HTTP_REPLY;
}
