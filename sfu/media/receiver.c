/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/receiver.h"

#include <string.h>

#include "sfu/media/rtp.h"

#define US_PER_SECOND 1000000

static bool test_and_set(struct receiver *r, uint64_t extended)
{
	uint64_t *word = &r->seen[extended / 64 % (RECEIVER_WINDOW / 64)];
	uint64_t bit = UINT64_C(1) << (extended % 64);
	bool was = (*word & bit) != 0;
	*word |= bit;
	return was;
}

static void clear_bit(struct receiver *r, uint64_t extended)
{
	r->seen[extended / 64 % (RECEIVER_WINDOW / 64)] &= ~(UINT64_C(1) << (extended % 64));
}

static void start(struct receiver *r, uint16_t sequence)
{
	unsigned restarts = r->restarts + (r->started ? 1 : 0);
	/* One lap ahead, so that packets before the first have numbers too, and after a new start
	 * none that something else has had. */
	uint64_t first = ((r->highest >> 16) + 1) << 16 | sequence;
	*r = (struct receiver){
		.started = true, .restarts = restarts, .first = first, .highest = first};
	(void)test_and_set(r, r->highest);
}

enum receiver_verdict receiver_note(struct receiver *receiver, uint16_t sequence,
	uint64_t *extended_out, uint64_t *lost_from_out)
{
	struct receiver *r = receiver;
	if (!r->started) {
		start(r, sequence);
		*extended_out = *lost_from_out = r->highest;
		return RECEIVER_NEWEST;
	}
	int16_t ahead = rtp_seq_diff(sequence, (uint16_t)r->highest);
	if (ahead > RECEIVER_JUMP || ahead < -RECEIVER_JUMP) {
		start(r, sequence);
		*extended_out = *lost_from_out = r->highest;
		return RECEIVER_RESTART;
	}
	uint64_t extended = r->highest + (uint64_t)(int64_t)ahead;
	*extended_out = extended;
	if (ahead <= 0) {
		bool known = -ahead >= RECEIVER_WINDOW || extended < r->first ||
			     test_and_set(r, extended);
		return known ? RECEIVER_DUPLICATE : RECEIVER_LATE;
	}
	*lost_from_out = r->highest + 1;
	for (uint64_t s = r->highest + 1; s < extended; s++) {
		clear_bit(r, s);
	}
	clear_bit(r, extended);
	(void)test_and_set(r, extended);
	r->highest = extended;
	return RECEIVER_NEWEST;
}

void receiver_time(
	struct receiver *receiver, uint32_t timestamp, uint32_t clock_rate, int64_t now_us)
{
	struct receiver *r = receiver;
	r->received++;
	int64_t arrival = now_us / 1000 * clock_rate / 1000;
	int64_t transit = arrival - (int64_t)timestamp;
	int32_t d = (int32_t)(uint32_t)(uint64_t)(transit - r->transit);
	r->transit = transit;
	if (r->received > 1) {
		uint32_t magnitude = d < 0 ? (uint32_t)(-(int64_t)d) : (uint32_t)d;
		r->jitter += magnitude - ((r->jitter + 8) >> 4);
	}
}

void receiver_sender_report(
	struct receiver *receiver, const struct rtcp_sender_info *info, int64_t now_us)
{
	receiver->sr_ntp = info->ntp;
	receiver->sr_rtp = info->rtp_timestamp;
	receiver->sr_at_us = now_us;
}

bool receiver_report(
	struct receiver *receiver, uint32_t ssrc, int64_t now_us, struct rtcp_report *out)
{
	struct receiver *r = receiver;
	if (!r->started) {
		return false;
	}
	uint64_t expected = r->highest - r->first + 1;
	uint64_t expected_now = expected - r->expected_before;
	uint64_t received_now = r->received - r->received_before;
	int64_t lost_now = (int64_t)expected_now - (int64_t)received_now;
	int64_t lost = (int64_t)expected - (int64_t)r->received;
	r->expected_before = expected;
	r->received_before = r->received;
	*out = (struct rtcp_report){.ssrc = ssrc,
		.highest = (uint32_t)(r->highest - (r->first & ~UINT64_C(0xffff))),
		.jitter = r->jitter >> 4,
		.lost = (int32_t)(lost > 0x7fffff ? 0x7fffff
				  : lost < 0	  ? 0
						  : lost)};
	if (expected_now > 0 && lost_now > 0) {
		uint64_t fraction = ((uint64_t)lost_now << 8) / expected_now;
		out->fraction_lost = (uint8_t)(fraction > 255 ? 255 : fraction);
	}
	if (r->sr_ntp != 0) {
		uint64_t since = (uint64_t)(now_us - r->sr_at_us);
		out->last_sr = (uint32_t)(r->sr_ntp >> 16);
		out->since_last = (uint32_t)(since * 65536 / US_PER_SECOND);
	}
	return true;
}
