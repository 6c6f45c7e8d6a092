/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/probe.h"

#define ANSWER_US     200000 /* besides the round trip, for the feedback to come */
#define MIN_PACKETS   4
#define ARRIVED_SHARE 80 /* percent of the packets that must have come */
#define ENOUGH	      75 /* percent of the rate of sending: bursts are short, machines busy */
#define KNOWN	      85 /* percent of what arrived of a probe that did not get through */

bool probe_may_start(const struct probe *probe, int64_t now_us)
{
	return !probe->sending && !probe->waiting && now_us >= probe->next_us;
}

void probe_start(struct probe *probe, uint64_t goal, int64_t now_us)
{
	uint8_t number = (uint8_t)(probe->number == UINT8_MAX ? 1 : probe->number + 1);
	int64_t interval = probe->interval_us == 0 ? PROBE_INTERVAL_US : probe->interval_us;
	*probe = (struct probe){.number = number,
		.sending = true,
		.goal = goal,
		.started_us = now_us,
		.interval_us = interval};
}

uint8_t probe_sent(struct probe *probe, unsigned bytes)
{
	if (!probe->sending) {
		return 0;
	}
	probe->bytes += bytes;
	probe->sent++;
	return probe->number;
}

size_t probe_due(struct probe *probe, int64_t now_us)
{
	int64_t passed = now_us - probe->started_us;
	if (!probe->sending) {
		return 0;
	}
	if (passed >= PROBE_US) {
		probe->sending = false;
		probe->waiting = true;
		return 0;
	}
	/* From the first moment on there is something to send. */
	uint64_t bytes = probe->goal / 8 * (uint64_t)(passed + PROBE_US / 16) / 1000000;
	return bytes > probe->bytes ? (size_t)(bytes - probe->bytes) : 0;
}

void probe_arrived(
	struct probe *probe, uint8_t number, unsigned bytes, int64_t sent_us, int64_t arrived_us)
{
	struct probe *p = probe;
	if (number != p->number || (!p->sending && !p->waiting)) {
		return;
	}
	if (p->arrived == 0) {
		p->first_bytes = bytes;
		p->first_sent_us = sent_us;
		p->first_arrived_us = arrived_us;
	}
	p->last_bytes = bytes;
	p->last_sent_us = sent_us;
	if (arrived_us > p->last_arrived_us) {
		p->last_arrived_us = arrived_us;
	}
	p->arrived++;
	p->arrived_bytes += bytes;
}

static uint64_t rate_of(uint64_t bytes, int64_t span_us)
{
	return span_us <= 0 ? 0 : bytes * 8 * 1000000 / (uint64_t)span_us;
}

static void plan_next(struct probe *p, bool in_vain, int64_t now_us)
{
	int64_t next = in_vain ? p->interval_us * 3 / 2 : PROBE_INTERVAL_US;
	p->interval_us = next < PROBE_INTERVAL_MAX ? next : PROBE_INTERVAL_MAX;
	p->next_us = now_us + (in_vain ? p->interval_us : PROBE_INTERVAL_US / 4);
	p->sending = p->waiting = false;
}

bool probe_answer(struct probe *probe, int64_t rtt_us, int64_t now_us, uint64_t *bps_out)
{
	struct probe *p = probe;
	bool over = now_us - p->started_us >= PROBE_US + ANSWER_US + rtt_us;
	if (!p->waiting || (p->arrived < p->sent && !over)) {
		return false;
	}
	uint64_t sent =
		rate_of(p->arrived_bytes - p->last_bytes, p->last_sent_us - p->first_sent_us);
	uint64_t arrived = rate_of(
		p->arrived_bytes - p->first_bytes, p->last_arrived_us - p->first_arrived_us);
	bool enough = p->arrived >= MIN_PACKETS && p->arrived * 100 >= p->sent * ARRIVED_SHARE;
	bool through = enough && arrived * 100 >= sent * ENOUGH;
	uint64_t less = sent < arrived ? sent : arrived;
	less = less < p->goal ? less : p->goal;
	*bps_out = through ? less : enough ? less * KNOWN / 100 : 0;
	plan_next(p, !through, now_us);
	return true;
}

void probe_abort(struct probe *probe, int64_t now_us)
{
	if (probe->sending || probe->waiting) {
		plan_next(probe, true, now_us);
	}
}
