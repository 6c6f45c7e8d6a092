/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much the way to one peer takes, by what it tells of our packets (transport-wide feedback):
 * less when a queue grows (trend.h) or more than a tenth is lost, slowly more while neither is,
 * at once more when a probe got through. After draft-ietf-rmcat-gcc-02. Without that feedback the
 * peer's own estimate (REMB) stands in. No clock, no socket.
 */
#ifndef PARVIS_SFU_BWE_H
#define PARVIS_SFU_BWE_H

#include <stdbool.h>
#include <stdint.h>

#include "sfu/media/rate.h"
#include "sfu/media/trend.h"

#define BWE_START_BPS 2500000u
#define BWE_MIN_BPS   60000u
#define BWE_MAX_BPS   100000000u

struct bwe {
	bool informed;	  /* the peer has told something */
	uint64_t bitrate; /* bit/s */
	struct trend trend;
	struct rate sent, acked;
	int64_t acked_us; /* peer's clock: the last arrival */
	/* Since the last look at losses. */
	unsigned lost, told;
	int64_t loss_us;
	float loss;
	int64_t changed_us, decreased_us;
	double acked_high; /* bit/s: the most that arrived in the last seconds */
	double capacity;   /* bit/s at which a queue grew; 0: unknown */
};

void bwe_init(struct bwe *bwe);
void bwe_sent(struct bwe *bwe, unsigned bytes, int64_t now_us);
/* What a feedback says, in the order of sending; then bwe_told(). */
void bwe_arrived(struct bwe *bwe, unsigned bytes, int64_t sent_us, int64_t arrived_us);
void bwe_lost(struct bwe *bwe);
void bwe_told(struct bwe *bwe, int64_t rtt_us, int64_t now_us);
/* More is under way than gets through: a queue that is known before it is told of. */
void bwe_clogged(struct bwe *bwe, int64_t rtt_us, int64_t now_us);
/* A probe has shown that this much gets through. */
void bwe_probed(struct bwe *bwe, uint64_t bps, int64_t now_us);
/* The peer's own estimate; ignored when it gives better. */
void bwe_remb(struct bwe *bwe, uint64_t bps);
/* A queue grows, or grew a moment ago: nothing may be tried now. */
bool bwe_congested(const struct bwe *bwe, int64_t now_us);

#endif
