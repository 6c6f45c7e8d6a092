/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/trend.h"

#include <math.h>
#include <string.h>

#define GROUP_US	5000 /* packets sent within this are one */
#define PAUSE_US	2000000
#define SMOOTHING	0.9
#define GAIN		4.0
#define MAX_DELTAS	60
#define OVERUSE_MS	10.0
#define THRESHOLD_START 12.5
#define THRESHOLD_MIN	6.0
#define THRESHOLD_MAX	600.0
#define THRESHOLD_UP	0.0087
#define THRESHOLD_DOWN	0.039
#define OUTLIER		15.0
#define MAX_STEP_MS	100.0
#define QUEUE_MS	20.0 /* less is a busy machine rather than a queue on the way */
#define LEAST_US	10000000

void trend_init(struct trend *trend)
{
	memset(trend, 0, sizeof(*trend));
	trend->threshold = THRESHOLD_START;
}

static double slope(const struct trend *t)
{
	double x = 0, y = 0, above = 0, below = 0;
	for (int i = 0; i < TREND_GROUPS; i++) {
		x += t->points[i].at_ms / TREND_GROUPS;
		y += t->points[i].delay_ms / TREND_GROUPS;
	}
	for (int i = 0; i < TREND_GROUPS; i++) {
		double dx = t->points[i].at_ms - x;
		above += dx * (t->points[i].delay_ms - y);
		below += dx * dx;
	}
	return below > 0 ? above / below : 0;
}

static void adapt_threshold(struct trend *t, double trend, double step_ms)
{
	double size = fabs(trend);
	if (size > t->threshold + OUTLIER) {
		return;
	}
	double k = size < t->threshold ? THRESHOLD_DOWN : THRESHOLD_UP;
	t->threshold += k * (size - t->threshold) * fmin(step_ms, MAX_STEP_MS);
	t->threshold = fmin(fmax(t->threshold, THRESHOLD_MIN), THRESHOLD_MAX);
}

static double queued_ms(struct trend *t, int64_t now_us)
{
	if (t->least_since_us == 0 || now_us - t->least_since_us > LEAST_US) {
		t->least_before_ms = t->least_since_us == 0 ? t->smoothed_ms : t->least_ms;
		t->least_ms = t->smoothed_ms;
		t->least_since_us = now_us;
	}
	t->least_ms = fmin(t->least_ms, t->smoothed_ms);
	return t->smoothed_ms - fmin(t->least_ms, t->least_before_ms);
}

static void detect(struct trend *t, double line, double sent_ms, bool queued)
{
	double trend = fmin(t->groups, MAX_DELTAS) * line * GAIN;
	if (trend > t->threshold && queued) {
		t->over_ms += t->over_count == 0 ? sent_ms / 2 : sent_ms;
		t->over_count++;
		if (t->over_ms > OVERUSE_MS && t->over_count > 1 && trend >= t->last_trend) {
			t->over_ms = 0;
			t->over_count = 0;
			t->state = TREND_OVERUSE;
		}
	} else {
		t->over_ms = 0;
		t->over_count = 0;
		t->state = trend < -t->threshold ? TREND_UNDERUSE : TREND_NORMAL;
	}
	t->last_trend = trend;
	adapt_threshold(t, trend, sent_ms);
}

/* The current group is complete. */
static void close_group(struct trend *t)
{
	const struct trend_group *before = &t->previous, *now = &t->current;
	if (!before->used) {
		return;
	}
	double sent_ms = (double)(now->last_sent_us - before->last_sent_us) / 1000;
	double arrived_ms = (double)(now->last_arrived_us - before->last_arrived_us) / 1000;
	if (t->first_arrived_us == 0) {
		t->first_arrived_us = now->last_arrived_us;
	}
	t->delay_ms += arrived_ms - sent_ms;
	t->smoothed_ms = SMOOTHING * t->smoothed_ms + (1 - SMOOTHING) * t->delay_ms;
	unsigned at = t->groups++ % TREND_GROUPS;
	t->points[at].at_ms = (double)(now->last_arrived_us - t->first_arrived_us) / 1000;
	t->points[at].delay_ms = t->smoothed_ms;
	bool queued = queued_ms(t, now->last_arrived_us) > QUEUE_MS;
	if (t->groups >= TREND_GROUPS) {
		detect(t, slope(t), sent_ms, queued);
	}
}

void trend_packet(struct trend *trend, int64_t sent_us, int64_t arrived_us)
{
	struct trend *t = trend;
	struct trend_group *g = &t->current;
	if (g->used && sent_us < g->first_sent_us) {
		return; /* told late */
	}
	if (g->used && sent_us - g->last_sent_us > PAUSE_US) {
		double threshold = t->threshold;
		trend_init(t);
		t->threshold = threshold;
	}
	if (g->used && sent_us - g->first_sent_us > GROUP_US) {
		close_group(t);
		t->previous = *g;
		g->used = false;
	}
	if (!g->used) {
		*g = (struct trend_group){true, sent_us, sent_us, arrived_us};
		return;
	}
	g->last_sent_us = sent_us;
	if (arrived_us > g->last_arrived_us) {
		g->last_arrived_us = arrived_us;
	}
}
