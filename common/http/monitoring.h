/* SPDX-License-Identifier: Apache-2.0 */
/* For those who run a program: a handler that every program's tables can name. */
#ifndef PARVIS_HTTP_MONITORING_H
#define PARVIS_HTTP_MONITORING_H

#include "common/http/server.h"

/* GET /metrics: the metrics of http_server_config in the Prometheus text format, for callers on
 * this machine that no front door speaks for; others get 403 M_FORBIDDEN. */
enum http_outcome http_metrics_get(struct http_request *request, struct http_reply *reply);

#endif
