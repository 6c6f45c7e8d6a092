/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/downlink.h"

#include <string.h>

#define PACE_PERCENT	  150 /* of the estimate */
#define PACE_WARY_PERCENT 110 /* where a queue grew not long ago */
#define WARY_US		  15000000
#define QUEUE_US	  300000 /* nothing waits longer than this */
#define BURST_US	  20000
#define BURST_MIN	  4000 /* bytes */
#define RESEND_SHARE	  2    /* of the estimate: a half */
#define RESEND_MIN_BPS	  100000
#define LOSSY		  0.02f
#define IN_FLIGHT_US	  200000 /* besides the round trip: feedback is not sent at once */
#define HEADROOM_PERCENT  130	 /* above what gets through */
#define CLOGGED_US	  80000
#define US_BITS		  8000000

void downlink_init(struct downlink *downlink)
{
	memset(downlink, 0, sizeof(*downlink));
	bwe_init(&downlink->bwe);
}

uint16_t downlink_number(const struct downlink *downlink)
{
	return downlink->next_sequence;
}

void downlink_note(struct downlink *downlink, unsigned bytes, int64_t now_us)
{
	struct downlink *d = downlink;
	struct downlink_sent *sent = &d->sent[d->next_sequence % DOWNLINK_SENT];
	d->in_flight += bytes;
	d->in_flight -= sent->sent_us != 0 ? sent->bytes : 0;
	*sent = (struct downlink_sent){.sent_us = now_us,
		.sequence = d->next_sequence,
		.bytes = (uint16_t)bytes,
		.probe = probe_sent(&d->probe, bytes)};
	d->next_sequence++;
	d->budget -= (int64_t)bytes;
	bwe_sent(&d->bwe, bytes, now_us);
}

static int64_t pace_bps(const struct downlink *d, int64_t now_us)
{
	bool wary = d->bwe.decreased_us != 0 && now_us - d->bwe.decreased_us < WARY_US;
	uint64_t bps = d->bwe.bitrate * (wary ? PACE_WARY_PERCENT : PACE_PERCENT) / 100;
	uint64_t drain = d->queue_bytes * US_BITS / QUEUE_US;
	return (int64_t)(bps > drain ? bps : drain);
}

static void refill(struct downlink *d, int64_t now_us)
{
	int64_t bps = pace_bps(d, now_us), most = bps * BURST_US / US_BITS;
	int64_t passed = now_us - d->budget_us;
	most = most < BURST_MIN ? BURST_MIN : most;
	d->budget_us = now_us;
	d->budget += bps * (passed < QUEUE_US ? passed : QUEUE_US) / US_BITS;
	/* What went regardless (audio, packets sent again) is not held against video for long. */
	d->budget = d->budget > most ? most : d->budget < -most ? -most : d->budget;
}

void downlink_told_from(struct downlink *downlink, uint16_t sequence, unsigned count)
{
	struct downlink *d = downlink;
	uint16_t missing = (uint16_t)(sequence - d->told_next);
	for (uint16_t i = 0; missing < DOWNLINK_SENT && i < missing; i++) {
		uint16_t number = (uint16_t)(d->told_next + i);
		struct downlink_sent *sent = &d->sent[number % DOWNLINK_SENT];
		if (sent->sent_us != 0 && sent->sequence == number) {
			sent->sent_us = 0;
			d->in_flight -= sent->bytes;
		}
	}
	uint16_t next = (uint16_t)(sequence + count);
	if ((uint16_t)(next - d->told_next) < DOWNLINK_SENT) {
		d->told_next = next;
	}
}

/* A queue on the way shows here first: more is under way than could be, were there none. */
static bool is_clogged(struct downlink *d, int64_t now_us)
{
	uint64_t through = rate_bps(&d->bwe.acked, d->bwe.acked_us) * HEADROOM_PERCENT / 100;
	uint64_t bps = through < d->bwe.bitrate ? through : d->bwe.bitrate;
	bps = bps < BWE_MIN_BPS ? BWE_MIN_BPS : bps;
	int64_t window = d->rtt_us + IN_FLIGHT_US;
	if (now_us - d->told_us > 2 * window) {
		return false; /* no feedback at all is another matter */
	}
	return d->in_flight * US_BITS > bps * (uint64_t)window + (uint64_t)BURST_MIN * US_BITS;
}

bool downlink_may_drain(struct downlink *downlink, int64_t now_us)
{
	if (!downlink->bwe.informed) {
		return true;
	}
	refill(downlink, now_us);
	return downlink->budget > 0 && !is_clogged(downlink, now_us);
}

bool downlink_may_send(struct downlink *downlink, int64_t now_us)
{
	return downlink->queue_count == 0 && downlink_may_drain(downlink, now_us);
}

void downlink_watch(struct downlink *downlink, int64_t now_us)
{
	struct downlink *d = downlink;
	if (d->queue_count == 0 || !d->bwe.informed || !is_clogged(d, now_us)) {
		d->clogged_us = 0;
	} else if (d->clogged_us == 0) {
		d->clogged_us = now_us;
	} else if (now_us - d->clogged_us >= CLOGGED_US) {
		bwe_clogged(&d->bwe, d->rtt_us, now_us);
	}
}

bool downlink_queue(
	struct downlink *downlink, struct downtrack *downtrack, uint16_t sequence, unsigned bytes)
{
	struct downlink *d = downlink;
	if (d->queue_count == DOWNLINK_QUEUE) {
		return false;
	}
	unsigned at = (d->queue_first + d->queue_count++) % DOWNLINK_QUEUE;
	d->queue[at].downtrack = downtrack;
	d->queue[at].sequence = sequence;
	d->queue[at].bytes = (uint16_t)bytes;
	d->queue_bytes += bytes;
	return true;
}

bool downlink_affords_red(const struct downlink *downlink)
{
	return !downlink->reduced || downlink->bwe.loss >= LOSSY;
}

bool downlink_may_resend(struct downlink *downlink, unsigned bytes, int64_t now_us)
{
	struct downlink *d = downlink;
	uint64_t most = d->bwe.bitrate / RESEND_SHARE;
	most = most < RESEND_MIN_BPS ? RESEND_MIN_BPS : most;
	if (d->bwe.informed && (rate_bps(&d->resent, now_us) > most || is_clogged(d, now_us))) {
		return false;
	}
	rate_add(&d->resent, bytes, now_us);
	return true;
}

void downlink_forget(struct downlink *downlink, const struct downtrack *downtrack)
{
	for (unsigned i = 0; i < downlink->queue_count; i++) {
		unsigned at = (downlink->queue_first + i) % DOWNLINK_QUEUE;
		if (downlink->queue[at].downtrack == downtrack) {
			downlink->queue[at].downtrack = NULL;
		}
	}
}
