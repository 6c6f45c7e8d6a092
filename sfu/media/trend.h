/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a queue grows on the way to a receiver: the trend of the one-way delay, by least squares
 * over groups of packets, against a threshold that adapts (draft-ietf-rmcat-gcc-02, section 5, with
 * a line through the last groups in the place of the Kalman filter). Clocks of both sides may
 * differ: only differences count.
 */
#ifndef PARVIS_SFU_TREND_H
#define PARVIS_SFU_TREND_H

#include <stdbool.h>
#include <stdint.h>

#define TREND_GROUPS 20

enum trend_state { TREND_NORMAL, TREND_OVERUSE, TREND_UNDERUSE };

struct trend_group {
	bool used;
	int64_t first_sent_us, last_sent_us, last_arrived_us;
};

struct trend {
	struct trend_group previous, current;
	int64_t first_arrived_us, changed_us;
	double delay_ms, smoothed_ms; /* accumulated */
	/* The least smoothed delay of this while and of the one before: what is above it is queued. */
	double least_ms, least_before_ms;
	int64_t least_since_us;
	unsigned groups;
	struct {
		double at_ms, delay_ms;
	} points[TREND_GROUPS];
	double threshold, last_trend;
	double over_ms; /* how long the trend has been above the threshold */
	unsigned over_count;
	enum trend_state state;
};

void trend_init(struct trend *trend);
/* In the order of sending. */
void trend_packet(struct trend *trend, int64_t sent_us, int64_t arrived_us);

#endif
