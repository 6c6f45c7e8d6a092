/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/bwe.h"

#include <math.h>
#include <string.h>

#define BACK_OFF	 0.85
#define BACK_OFF_IDLE	 0.85 /* of the estimate, when we cannot have caused it */
#define BACK_OFF_CLOGGED 0.7
#define HIGH_KEPT	 0.98 /* a feedback, of which there are some twenty a second */
#define GETS_THROUGH	 0.85 /* of what is sent */
#define IDLE_SHARE	 0.6
#define INCREASE	 1.08 /* a second */
#define HEADROOM	 1.5  /* above what is known to arrive */
#define HEADROOM_BPS	 10000.0
#define NEAR_CAPACITY	 0.8
#define PAST_CAPACITY	 1.5
#define PACKET_BITS	 9600.0
#define LOSS_PACKETS	 20
#define LOSS_US		 200000
#define LOSS_LOW	 0.02f
#define LOSS_HIGH	 0.10f
#define LOSS_AFTER	 0.05f
#define LOSS_SEVERE	 0.30f
#define LOSS_MEMORY	 250.0f /* packets */
#define LOSS_WEIGHT_MAX	 0.5f
#define DECREASE_US	 200000 /* besides the round trip: until the last decrease shows */
#define LOSS_DECREASE_US 300000
#define CALM_US		 1000000
#define MAX_STEP_US	 1000000

void bwe_init(struct bwe *bwe)
{
	memset(bwe, 0, sizeof(*bwe));
	trend_init(&bwe->trend);
	bwe->bitrate = BWE_START_BPS;
}

void bwe_sent(struct bwe *bwe, unsigned bytes, int64_t now_us)
{
	rate_add(&bwe->sent, bytes, now_us);
}

void bwe_arrived(struct bwe *bwe, unsigned bytes, int64_t sent_us, int64_t arrived_us)
{
	bwe->told++;
	if (arrived_us > bwe->acked_us) {
		bwe->acked_us = arrived_us;
	}
	rate_add(&bwe->acked, bytes, bwe->acked_us);
	trend_packet(&bwe->trend, sent_us, arrived_us);
}

void bwe_lost(struct bwe *bwe)
{
	bwe->told++;
	bwe->lost++;
}

static void set_bitrate(struct bwe *b, double bps)
{
	bps = fmin(fmax(bps, BWE_MIN_BPS), BWE_MAX_BPS);
	b->bitrate = (uint64_t)bps;
}

/* Losses of before say nothing of the rate from now on. */
static void note_decrease(struct bwe *b, int64_t now_us)
{
	b->decreased_us = now_us;
	b->loss = b->loss < LOSS_AFTER ? b->loss : LOSS_AFTER;
	b->lost = b->told = 0;
}

static void decrease_for_delay(struct bwe *b, double acked, int64_t now_us)
{
	double bps = (double)b->bitrate, to = BACK_OFF * acked;
	double sent = (double)rate_bps(&b->sent, now_us);
	bool idle = sent < IDLE_SHARE * bps && acked > GETS_THROUGH * sent;
	if (idle) {
		to = fmax(to, BACK_OFF_IDLE * bps);
	} else {
		b->capacity = b->capacity > 0 ? 0.5 * b->capacity + 0.5 * acked : acked;
	}
	set_bitrate(b, fmin(to, bps));
	note_decrease(b, now_us);
}

void bwe_clogged(struct bwe *bwe, int64_t rtt_us, int64_t now_us)
{
	double acked = (double)rate_bps(&bwe->acked, bwe->acked_us);
	if (bwe->decreased_us == 0 || now_us - bwe->decreased_us >= rtt_us + DECREASE_US) {
		/* Step by step: it may be the peer that is late to tell, and not the packets. */
		double from = fmin(bwe->acked_high, (double)bwe->bitrate);
		double to = fmax(BACK_OFF * acked, BACK_OFF_CLOGGED * from);
		set_bitrate(bwe, fmin(to, (double)bwe->bitrate));
		note_decrease(bwe, now_us);
	}
}

static void increase(struct bwe *b, double acked, int64_t rtt_us, int64_t now_us)
{
	int64_t step_us = now_us - b->changed_us;
	double seconds = (double)(step_us < MAX_STEP_US ? step_us : MAX_STEP_US) / 1e6;
	double bps = (double)b->bitrate, to;
	if (acked > PAST_CAPACITY * b->capacity) {
		b->capacity = 0;
	}
	if (b->capacity > 0 && bps > NEAR_CAPACITY * b->capacity) {
		to = bps + PACKET_BITS * seconds / ((double)rtt_us / 1e6 + 0.1);
	} else {
		to = bps * pow(INCREASE, seconds);
	}
	to = fmin(to, HEADROOM * acked + HEADROOM_BPS);
	set_bitrate(b, fmax(to, bps));
}

/* Chance losses come in clusters too: few packets say little, unless they are mostly lost. */
static void look_at_losses(struct bwe *b, int64_t now_us)
{
	if (b->told < LOSS_PACKETS || now_us - b->loss_us < LOSS_US) {
		return;
	}
	float loss = (float)b->lost / (float)b->told;
	float weight = (float)b->told / LOSS_MEMORY;
	weight = weight < LOSS_WEIGHT_MAX ? weight : LOSS_WEIGHT_MAX;
	b->loss = loss > LOSS_SEVERE ? loss : b->loss + (loss - b->loss) * weight;
	b->lost = b->told = 0;
	b->loss_us = now_us;
}

void bwe_told(struct bwe *bwe, int64_t rtt_us, int64_t now_us)
{
	struct bwe *b = bwe;
	double acked = (double)rate_bps(&b->acked, b->acked_us);
	b->acked_high = fmax(b->acked_high * HIGH_KEPT, acked);
	if (!b->informed) {
		b->informed = true;
		b->changed_us = b->loss_us = now_us;
	}
	look_at_losses(b, now_us);
	int64_t since = now_us - b->decreased_us;
	bool first = b->decreased_us == 0;
	if (b->trend.state == TREND_OVERUSE) {
		if (first || since >= rtt_us + DECREASE_US) {
			decrease_for_delay(b, acked, now_us);
		}
	} else if (b->loss > LOSS_HIGH) {
		if (first || since >= rtt_us + LOSS_DECREASE_US) {
			set_bitrate(b, (double)b->bitrate * (1 - 0.5 * (double)b->loss));
			note_decrease(b, now_us);
		}
	} else if (b->trend.state == TREND_NORMAL && b->loss < LOSS_LOW) {
		increase(b, acked, rtt_us, now_us);
	}
	b->changed_us = now_us;
}

void bwe_probed(struct bwe *bwe, uint64_t bps, int64_t now_us)
{
	if (bps > bwe->bitrate) {
		set_bitrate(bwe, (double)bps);
		bwe->changed_us = now_us;
		if ((double)bps > bwe->capacity) {
			bwe->capacity = 0;
		}
	}
}

void bwe_remb(struct bwe *bwe, uint64_t bps)
{
	if (bwe->changed_us == 0) {
		bwe->informed = true;
		set_bitrate(bwe, bps > BWE_MAX_BPS ? (double)BWE_MAX_BPS : (double)bps);
	}
}

bool bwe_congested(const struct bwe *bwe, int64_t now_us)
{
	bool lately = bwe->decreased_us != 0 && now_us - bwe->decreased_us < CALM_US;
	return lately || bwe->trend.state == TREND_OVERUSE || bwe->loss > LOSS_HIGH;
}
