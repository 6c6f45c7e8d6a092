/* SPDX-License-Identifier: Apache-2.0 */
/* What the metrics and the log say about each request: the route's pattern, never the target. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/http/internal.h"
#include "common/metrics/metrics.h"
#define LOG_MODULE "http"
#include "common/base/log.h"

#define LABELS_MAX 512

static const char *pattern_of(const struct http_stats *stats)
{
	return stats->route == NULL ? "none" : stats->route->path;
}

static const char *method_of(const struct http_stats *stats)
{
	return stats->route == NULL ? "any" : http_method_name(stats->route->method);
}

static void labels(
	char out[LABELS_MAX], const struct http_server *server, const struct http_stats *stats)
{
	snprintf(out, LABELS_MAX, "server=\"%s\",method=\"%s\",route=\"%s\"", server->config.name,
		method_of(stats), pattern_of(stats));
}

void access_init(struct http_server *server)
{
	char server_label[LABELS_MAX];
	size_t rows = 0;
	for (size_t t = 0; t < server->config.table_count; t++)
		rows += server->config.tables[t].count;
	server->stats_count = rows + 1;
	server->stats = mem_calloc(server->stats_count, sizeof(server->stats[0]));
	size_t i = 0;
	for (size_t t = 0; t < server->config.table_count; t++)
		for (size_t r = 0; r < server->config.tables[t].count; r++)
			server->stats[i++].route = &server->config.tables[t].rows[r];

	struct metrics *m = server->config.metrics;
	if (m == NULL)
		return;
	snprintf(server_label, sizeof(server_label), "server=\"%s\"", server->config.name);
	server->connections_gauge =
		metrics_gauge(m, "parvis_http_connections", "Open HTTP connections.", server_label);
	server->parked_gauge = metrics_gauge(m, "parvis_http_parked_requests",
		"Requests that wait for news without a thread.", server_label);
}

void access_gauge(struct metric *gauge, int64_t change)
{
	if (gauge != NULL)
		metric_add(gauge, change);
}

void access_count(struct http_internal *x)
{
	struct http_server *server = x->server;
	struct http_stats *stats = x->stats;
	log_debug("%s %s: %d, %lld us", method_of(stats), pattern_of(stats), x->status,
		(long long)x->busy_us);
	if (server->config.metrics == NULL)
		return;
	/* Two threads may both make it: the registry gives them the same one. */
	char text[LABELS_MAX + 16];
	size_t class = (size_t)x->status / 100;
	if (class >= ARRAY_LEN(stats->by_class))
		class = 0;
	struct metric *requests = atomic_load(&stats->by_class[class]);
	if (requests == NULL) {
		labels(text, server, stats);
		size_t n = strlen(text);
		snprintf(text + n, sizeof(text) - n, ",code=\"%zuxx\"", class);
		requests = metrics_counter(server->config.metrics, "parvis_http_requests_total",
			"Requests answered, by route and class of status.", text);
		atomic_store(&stats->by_class[class], requests);
	}
	struct metric *seconds = atomic_load(&stats->seconds);
	if (seconds == NULL) {
		labels(text, server, stats);
		seconds = metrics_histogram(server->config.metrics,
			"parvis_http_request_duration_seconds",
			"Time queued and worked on, without the time parked.", text);
		atomic_store(&stats->seconds, seconds);
	}
	metric_add(requests, 1);
	metric_observe(seconds, (double)x->busy_us / 1e6);
}
