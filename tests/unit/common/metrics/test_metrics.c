/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/thread.h"
#include "common/metrics/metrics.h"
#include "tests/unit/check.h"

static char *render(struct metrics *m)
{
	struct buf page;
	size_t n = 0;

	buf_init(&page, 8u << 20);
	metrics_render(m, &page);
	check_ok(buf_status(&page));
	return buf_take(&page, &n);
}

static void expect(struct metrics *m, const char *text)
{
	char *page = render(m);

	if (strstr(page, text) == NULL)
		fail_msg("%s\nis not in\n%s", text, page);
	free(page);
}

static double seven(void *context)
{
	return *(const double *)context;
}

static void the_page(void **state)
{
	struct metrics *m = metrics_new();
	double value = 7.5;

	(void)state;
	metric_add(metrics_counter(m, "parvis_a_total", "Things.", "kind=\"x\""), 2);
	metric_set(metrics_gauge(m, "parvis_b", "Depth.", ""), -3);
	metric_add(metrics_counter(m, "parvis_a_total", "Things.", "kind=\"y\""), 1);
	metrics_gauge_fn(m, "parvis_c", "Asked.", seven, &value);
	/* All series of a name together, below its one head. */
	expect(m, "# HELP parvis_a_total Things.\n# TYPE parvis_a_total counter\n"
		  "parvis_a_total{kind=\"x\"} 2\nparvis_a_total{kind=\"y\"} 1\n"
		  "# HELP parvis_b Depth.\n# TYPE parvis_b gauge\nparvis_b -3\n"
		  "# HELP parvis_c Asked.\n# TYPE parvis_c gauge\nparvis_c 7.5\n");
	metrics_free(&m);
	assert_null(m);
	metrics_free(&m);
}

static void the_same_name_and_labels_are_the_same_metric(void **state)
{
	struct metrics *m = metrics_new();
	struct metric *a = metrics_counter(m, "n_total", "N.", "a=\"1\"");

	(void)state;
	assert_ptr_equal(metrics_counter(m, "n_total", "N.", "a=\"1\""), a);
	assert_ptr_not_equal(metrics_counter(m, "n_total", "N.", "a=\"2\""), a);
	assert_ptr_not_equal(metrics_counter(m, "n_total", "N.", ""), a);
	/* A name has one type. */
	metric_observe(metrics_histogram(m, "n_total", "N.", "a=\"1\""), 1);
	metric_observe(metrics_histogram(m, "n_total", "N.", "a=\"3\""), 1);
	expect(m, "n_total{a=\"1\"} 0\nn_total{a=\"2\"} 0\nn_total 0\n# HELP process");
	metrics_free(&m);
}

static void histograms_add_up(void **state)
{
	struct metrics *m = metrics_new();
	struct metric *h = metrics_histogram(m, "h_seconds", "H.", "r=\"/x\"");

	(void)state;
	metric_observe(h, 0.001);
	metric_observe(h, 0.0011);
	metric_observe(h, 0.3);
	metric_observe(h, 11);
	metric_observe(h, -1);
	expect(m, "# TYPE h_seconds histogram\nh_seconds_bucket{r=\"/x\",le=\"0.001\"} 2\n"
		  "h_seconds_bucket{r=\"/x\",le=\"0.0025\"} 3\n");
	expect(m, "h_seconds_bucket{r=\"/x\",le=\"0.25\"} 3\n"
		  "h_seconds_bucket{r=\"/x\",le=\"0.5\"} 4\n");
	expect(m, "h_seconds_bucket{r=\"/x\",le=\"10\"} 4\n"
		  "h_seconds_bucket{r=\"/x\",le=\"+Inf\"} 5\n"
		  "h_seconds_sum{r=\"/x\"} 11.302100\nh_seconds_count{r=\"/x\"} 5\n");
	metrics_free(&m);
}

static void the_process(void **state)
{
	struct metrics *m = metrics_new();
	char *page = render(m);
	const char *names[] = {"\nprocess_resident_memory_bytes ", "\nprocess_open_fds ",
		"\nprocess_start_time_seconds "};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *at = strstr(page, names[i]);

		assert_non_null(at);
		assert_true(at[strlen(names[i])] >= '1' && at[strlen(names[i])] <= '9');
	}
	free(page);
	metrics_free(&m);
}

static void more_series_than_fit(void **state)
{
	struct metrics *m = metrics_new();
	struct metric *last = NULL;
	struct metric *before = NULL;
	char labels[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		before = last;
		snprintf(labels, sizeof(labels), "i=\"%d\"", i);
		last = metrics_counter(m, "many_total", "Many.", labels);
		metric_add(last, 1);
	}
	assert_ptr_equal(last, before);
	expect(m, "many_total{i=\"4095\"} 1\n# HELP process");
	/* What was there before still answers. */
	metric_add(metrics_counter(m, "many_total", "Many.", "i=\"7\""), 1);
	expect(m, "many_total{i=\"7\"} 2\n");
	metrics_free(&m);
}

static void *count(void *arg)
{
	struct metrics *m = arg;

	for (int i = 0; i < 10000; i++) {
		metric_add(metrics_counter(m, "t_total", "T.", ""), 1);
		metric_observe(metrics_histogram(m, "t_seconds", "T.", ""), 0.01);
	}
	return NULL;
}

static void any_thread(void **state)
{
	struct metrics *m = metrics_new();
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		threads[i] = thread_start("count", count, m);
	free(render(m));
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		thread_join(threads[i]);
	expect(m, "\nt_total 40000\n");
	expect(m, "\nt_seconds_count 40000\n");
	metrics_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page),
		cmocka_unit_test(the_same_name_and_labels_are_the_same_metric),
		cmocka_unit_test(histograms_add_up),
		cmocka_unit_test(the_process),
		cmocka_unit_test(more_series_than_fit),
		cmocka_unit_test(any_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
