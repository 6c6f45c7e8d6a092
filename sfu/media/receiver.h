/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of one incoming RTP stream: extended sequence numbers, duplicates, loss and jitter
 * as RFC 3550 (appendix A) counts them, the sender's last report. Times are microseconds.
 */
#ifndef PARVIS_SFU_RECEIVER_H
#define PARVIS_SFU_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "sfu/media/rtcp.h"

#define RECEIVER_WINDOW 1024 /* packets behind the newest that can still be told apart */
#define RECEIVER_JUMP	3000 /* a greater gap is a new start of the sender */

struct receiver {
	bool started;
	unsigned restarts;	 /* new starts: numbers before and after have nothing in common */
	uint64_t first, highest; /* extended sequence numbers; rise across new starts, too */
	uint64_t received, bytes;
	uint64_t expected_before, received_before; /* at the last report */
	int64_t transit;
	uint32_t jitter; /* scaled by 16 */
	uint64_t seen[RECEIVER_WINDOW / 64];
	/* The sender's last report. */
	uint64_t sr_ntp; /* 0: none */
	uint32_t sr_rtp;
	int64_t sr_at_us;
};

enum receiver_verdict {
	RECEIVER_NEWEST,    /* in order, or with a gap before it: *lost_from_out on */
	RECEIVER_LATE,	    /* fills a gap */
	RECEIVER_DUPLICATE, /* seen, or too old to know */
	RECEIVER_RESTART,   /* the sender jumped: everything begins anew */
};

/* The packets [*lost_from_out, *extended_out) are missing, when the verdict is NEWEST. */
enum receiver_verdict receiver_note(struct receiver *receiver, uint16_t sequence,
	uint64_t *extended_out, uint64_t *lost_from_out);
/* Arrival of a packet for jitter, once per packet that is not a duplicate. */
void receiver_time(
	struct receiver *receiver, uint32_t timestamp, uint32_t clock_rate, int64_t now_us);

void receiver_sender_report(
	struct receiver *receiver, const struct rtcp_sender_info *info, int64_t now_us);
/* A report block on this stream; starts a new interval. False when nothing came yet. */
bool receiver_report(
	struct receiver *receiver, uint32_t ssrc, int64_t now_us, struct rtcp_report *out);

#endif
