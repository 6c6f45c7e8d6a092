/* SPDX-License-Identifier: Apache-2.0 */
/* A server on a free port, its metrics, and a gate for handlers to wait at. */
#ifndef PARVIS_TESTS_SERVED_H
#define PARVIS_TESTS_SERVED_H

#include <sched.h>
#include <stdio.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/http/server.h"
#include "common/metrics/metrics.h"
#include "tests/unit/common/http/raw_peer.h"

struct served {
	struct http_server *server;
	struct metrics *metrics;
	uint16_t port;
};

static inline struct http_server_config served_config(const struct http_routes *table)
{
	return (struct http_server_config){.name = "test",
		.address = "127.0.0.1",
		.workers = 2,
		.max_connections = 100,
		.tables = table,
		.table_count = 1};
}

static inline struct served serve(struct http_server_config config)
{
	struct served served = {.metrics = metrics_new()};

	log_set_level(LOG_LEVEL_ERROR);
	config.metrics = served.metrics;
	check_ok(http_server_start(&config, &served.server));
	served.port = http_server_port(served.server);
	assert_true(served.port != 0);
	return served;
}

static inline void served_end(struct served *served)
{
	http_server_stop(&served->server);
	assert_null(served->server);
	metrics_free(&served->metrics);
}

/* The value of a series on the metrics page; -1 when it is not there. */
static inline int64_t served_metric(struct served *served, const char *series)
{
	BUF_SCOPE(page, 1u << 20);
	metrics_render(served->metrics, &page);
	BUF_SCOPE(line, 1024);
	buf_printf(&line, "\n%s ", series);
	ptrdiff_t at = str_find(buf_str(&page), buf_str(&line));
	return at < 0 ? -1 : leading_number(page.p + at + line.n);
}

static inline void served_await(struct served *served, const char *series, int64_t value)
{
	while (served_metric(served, series) != value)
		sched_yield();
}

#define PARKED	    "parvis_http_parked_requests{server=\"test\"}"
#define CONNECTIONS "parvis_http_connections{server=\"test\"}"

/* Threads wait at it until it is opened. */
struct gate {
	struct mutex lock;
	pthread_cond_t changed;
	unsigned waiting;
	bool open;
};

static inline void gate_init(struct gate *gate)
{
	*gate = (struct gate){0};
	mutex_init(&gate->lock);
	pthread_cond_init(&gate->changed, NULL);
}

static inline void gate_wait(struct gate *gate)
{
	mutex_lock(&gate->lock);
	gate->waiting++;
	pthread_cond_broadcast(&gate->changed);
	while (!gate->open)
		pthread_cond_wait(&gate->changed, &gate->lock.m);
	mutex_unlock(&gate->lock);
}

static inline void gate_await(struct gate *gate, unsigned waiting)
{
	mutex_lock(&gate->lock);
	while (gate->waiting < waiting)
		pthread_cond_wait(&gate->changed, &gate->lock.m);
	mutex_unlock(&gate->lock);
}

static inline void gate_set(struct gate *gate, bool open)
{
	mutex_lock(&gate->lock);
	gate->open = open;
	pthread_cond_broadcast(&gate->changed);
	mutex_unlock(&gate->lock);
}

#endif
