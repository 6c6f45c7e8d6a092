/* SPDX-License-Identifier: Apache-2.0 */
#include "common/metrics/metrics.h"

#include <dirent.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

#define MAX_SERIES 4096
#define BUCKETS	   13
#define MICRO	   1e6

static const double bounds[BUCKETS] = {
	0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

enum kind { COUNTER, GAUGE, HISTOGRAM, GAUGE_FN };

struct histogram {
	_Atomic uint64_t buckets[BUCKETS + 1]; /* not cumulative; the last is +Inf */
	_Atomic uint64_t sum_us;
};

struct metric {
	struct metric *next; /* of the same family */
	const char *labels;
	_Atomic int64_t value;
	struct histogram *histogram;
	double (*read)(void *context);
	void *context;
};

/* All series of one name: the format wants them together. */
struct family {
	struct family *next;
	const char *name;
	const char *help;
	enum kind kind;
	struct metric *first;
	struct metric **last;
};

struct metrics {
	struct mutex lock; /* the lists; values are atomic */
	struct arena *arena;
	struct family *first;
	struct family **last;
	struct map *families; /* by name */
	struct map *series;   /* by name, NUL, labels */
	struct metric overflow;
	struct histogram overflow_histogram;
	int64_t start_ms;
};

struct metrics *metrics_new(void)
{
	struct metrics *m = MEM_NEW(struct metrics);
	mutex_init(&m->lock);
	m->arena = arena_new();
	m->last = &m->first;
	m->families = map_new(MAX_SERIES);
	m->series = map_new(MAX_SERIES);
	m->overflow.histogram = &m->overflow_histogram;
	m->start_ms = clock_wall_ms();
	return m;
}

void metrics_free(struct metrics **metrics)
{
	struct metrics *m = *metrics;
	if (m == NULL)
		return;
	*metrics = NULL;
	map_free(&m->families, NULL);
	map_free(&m->series, NULL);
	arena_free(&m->arena);
	mutex_release(&m->lock);
	free(m);
}

static struct family *family_of(
	struct metrics *m, const char *name, const char *help, enum kind kind) REQUIRES(m->lock)
{
	struct family *family = map_find(m->families, str_c(name));
	if (family != NULL)
		return family->kind == kind ? family : NULL;
	family = ARENA_NEW(m->arena, struct family);
	family->name = arena_c_str(m->arena, str_c(name));
	family->help = arena_c_str(m->arena, str_c(help));
	family->kind = kind;
	family->last = &family->first;
	if (map_put(m->families, str_c(name), family, NULL) != STATUS_OK)
		return NULL;
	*m->last = family;
	m->last = &family->next;
	return family;
}

static struct metric *series_of(struct metrics *m, const char *name, const char *help,
	const char *labels, enum kind kind) REQUIRES(m->lock)
{
	struct family *family = family_of(m, name, help, kind);
	if (family == NULL || map_count(m->series) >= MAX_SERIES)
		return NULL;
	struct metric *metric = ARENA_NEW(m->arena, struct metric);
	metric->labels = arena_c_str(m->arena, str_c(labels));
	if (kind == HISTOGRAM)
		metric->histogram = ARENA_NEW(m->arena, struct histogram);
	*family->last = metric;
	family->last = &metric->next;
	return metric;
}

/* Finds or makes; what has no room shares one that is never shown. */
static struct metric *get(
	struct metrics *m, const char *name, const char *help, const char *labels, enum kind kind)
{
	BUF_SCOPE(key, 4096);
	buf_append_c(&key, name);
	buf_append_byte(&key, '\0');
	buf_append_c(&key, labels);

	mutex_lock(&m->lock);
	struct metric *metric = map_find(m->series, buf_str(&key));
	if (metric != NULL && (metric->histogram != NULL) != (kind == HISTOGRAM))
		metric = NULL;
	else if (metric == NULL && buf_status(&key) == STATUS_OK) {
		metric = series_of(m, name, help, labels, kind);
		if (metric != NULL && map_put(m->series, buf_str(&key), metric, NULL) != STATUS_OK)
			metric = NULL;
	}
	mutex_unlock(&m->lock);
	return metric == NULL ? &m->overflow : metric;
}

struct metric *metrics_counter(
	struct metrics *m, const char *name, const char *help, const char *labels)
{
	return get(m, name, help, labels, COUNTER);
}

struct metric *metrics_gauge(
	struct metrics *m, const char *name, const char *help, const char *labels)
{
	return get(m, name, help, labels, GAUGE);
}

struct metric *metrics_histogram(
	struct metrics *m, const char *name, const char *help, const char *labels)
{
	return get(m, name, help, labels, HISTOGRAM);
}

void metrics_gauge_fn(struct metrics *m, const char *name, const char *help,
	double (*read)(void *context), void *context)
{
	struct metric *metric = get(m, name, help, "", GAUGE_FN);
	mutex_lock(&m->lock);
	if (metric != &m->overflow) {
		metric->context = context;
		metric->read = read;
	}
	mutex_unlock(&m->lock);
}

void metric_add(struct metric *metric, int64_t n)
{
	atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}

void metric_set(struct metric *metric, int64_t value)
{
	atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

void metric_observe(struct metric *metric, double seconds)
{
	struct histogram *h = metric->histogram;
	if (h == NULL)
		return;
	size_t bucket = 0;
	while (bucket < BUCKETS && seconds > bounds[bucket])
		bucket++;
	atomic_fetch_add_explicit(&h->buckets[bucket], 1, memory_order_relaxed);
	uint64_t us = seconds > 0 && seconds < MICRO * MICRO ? (uint64_t)(seconds * MICRO) : 0;
	atomic_fetch_add_explicit(&h->sum_us, us, memory_order_relaxed);
}

/* --- the page --- */

static void render_head(struct buf *out, const char *name, const char *help, const char *type)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void render_labels(struct buf *out, const char *labels, const char *more)
{
	const char *comma = labels[0] != '\0' && more[0] != '\0' ? "," : "";
	if (labels[0] != '\0' || more[0] != '\0')
		buf_printf(out, "{%s%s%s}", labels, comma, more);
}

static void render_histogram(struct buf *out, const char *name, const struct metric *metric)
{
	uint64_t count = 0;
	for (size_t i = 0; i <= BUCKETS; i++) {
		char le[32] = "le=\"+Inf\"";
		if (i < BUCKETS)
			snprintf(le, sizeof(le), "le=\"%g\"", bounds[i]);
		count += atomic_load_explicit(&metric->histogram->buckets[i], memory_order_relaxed);
		buf_printf(out, "%s_bucket", name);
		render_labels(out, metric->labels, le);
		buf_printf(out, " %llu\n", (unsigned long long)count);
	}
	uint64_t sum = atomic_load_explicit(&metric->histogram->sum_us, memory_order_relaxed);
	buf_printf(out, "%s_sum", name);
	render_labels(out, metric->labels, "");
	buf_printf(out, " %.6f\n%s_count", (double)sum / MICRO, name);
	render_labels(out, metric->labels, "");
	buf_printf(out, " %llu\n", (unsigned long long)count);
}

static void render_value(struct buf *out, const char *name, const struct metric *metric)
{
	buf_append_c(out, name);
	render_labels(out, metric->labels, "");
	if (metric->read != NULL)
		buf_printf(out, " %.17g\n", metric->read(metric->context));
	else
		buf_printf(out, " %lld\n",
			(long long)atomic_load_explicit(&metric->value, memory_order_relaxed));
}

static void render_family(struct buf *out, const struct family *family)
{
	static const char *const types[] = {
		[COUNTER] = "counter",
		[GAUGE] = "gauge",
		[HISTOGRAM] = "histogram",
		[GAUGE_FN] = "gauge",
	};
	render_head(out, family->name, family->help, types[family->kind]);
	for (const struct metric *metric = family->first; metric != NULL; metric = metric->next) {
		if (family->kind == HISTOGRAM)
			render_histogram(out, family->name, metric);
		else
			render_value(out, family->name, metric);
	}
}

/* The second field of /proc/self/statm is in pages. */
static int64_t resident_bytes(void)
{
	BUF_SCOPE(statm, 256);
	struct str total;
	struct str resident;
	int64_t pages = 0;
	if (fs_read_file("/proc/self/statm", &statm) != STATUS_OK)
		return 0;
	struct str rest = buf_str(&statm);
	if (!str_cut(&rest, ' ', &total) || !str_cut(&rest, ' ', &resident) ||
		str_to_i64(resident, &pages) != STATUS_OK)
		return 0;
	return pages * sysconf(_SC_PAGESIZE);
}

static long open_fds(void)
{
	long count = 0;
	DIR *dir = opendir("/proc/self/fd");
	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count - 3; /* ".", ".." and the folder itself */
}

static void render_process(const struct metrics *m, struct buf *out)
{
	render_head(
		out, "process_resident_memory_bytes", "Resident memory size in bytes.", "gauge");
	buf_printf(out, "process_resident_memory_bytes %lld\n", (long long)resident_bytes());
	render_head(out, "process_open_fds", "Number of open file descriptors.", "gauge");
	buf_printf(out, "process_open_fds %ld\n", open_fds());
	render_head(out, "process_start_time_seconds",
		"Start time of the process since the Unix epoch in seconds.", "gauge");
	buf_printf(out, "process_start_time_seconds %.3f\n", (double)m->start_ms / 1000);
}

void metrics_render(struct metrics *m, struct buf *out)
{
	mutex_lock(&m->lock);
	for (const struct family *family = m->first; family != NULL; family = family->next)
		render_family(out, family);
	mutex_unlock(&m->lock);
	render_process(m, out);
}
