/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters, gauges and histograms in Prometheus' text format (version 0.0.4). A metric is made
 * once at start and then changed without a lock from any thread; reading is cheap and racy by
 * design. Names follow Prometheus: parvis_<program>_<what>_<unit>[_total].
 */
#ifndef PARVIS_METRICS_H
#define PARVIS_METRICS_H

#include <stdint.h>

#include "common/base/buf.h"

struct metrics; /* the registry */
struct metric;	/* one time series */

struct metrics *metrics_new(void);
void metrics_free(struct metrics **metrics);

/* `labels` is "" or for instance "route=\"/sync\",method=\"GET\"" (already escaped). The texts are
 * copied. The same name and labels give the same metric again. At most 4096 series; past that a
 * shared series with no name takes the rest. Any thread. */
struct metric *metrics_counter(
	struct metrics *m, const char *name, const char *help, const char *labels);
struct metric *metrics_gauge(
	struct metrics *m, const char *name, const char *help, const char *labels);
/* Seconds, buckets from 1 ms to 10 s (1, 2.5, 5, 10, 25 ...). */
struct metric *metrics_histogram(
	struct metrics *m, const char *name, const char *help, const char *labels);
/* Asked when the page is rendered, for values that live elsewhere. */
void metrics_gauge_fn(struct metrics *m, const char *name, const char *help,
	double (*read)(void *context), void *context);

void metric_add(struct metric *metric, int64_t n);
void metric_set(struct metric *metric, int64_t value);
void metric_observe(struct metric *metric, double seconds);

/* The whole page, with process_resident_memory_bytes, process_open_fds and
 * process_start_time_seconds as Prometheus' client libraries name them. */
void metrics_render(struct metrics *m, struct buf *out);

#endif
