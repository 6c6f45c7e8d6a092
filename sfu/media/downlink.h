/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to one peer: every packet gets a transport-wide number, what the peer tells of them says
 * how much the way takes (bwe.h), and within that much videos are chosen (allocate.h) and sent
 * evenly. Audio never waits and is never left out. Until the peer has told something nothing is
 * held back. On a media thread.
 */
#ifndef PARVIS_SFU_DOWNLINK_H
#define PARVIS_SFU_DOWNLINK_H

#include "common/base/thread.h"
#include "sfu/media/bwe.h"
#include "sfu/media/probe.h"
#include "sfu/media/rtcp.h"

#define DOWNLINK_SENT  1024 /* packets whose fate may still be told */
#define DOWNLINK_QUEUE 512

struct peer;
struct downtrack;

struct downlink_sent {
	int64_t sent_us; /* 0: unused, or told of */
	uint16_t sequence, bytes;
	uint8_t probe;
};

struct downlink {
	struct bwe bwe;
	struct probe probe;
	uint16_t next_sequence;
	struct downlink_sent sent[DOWNLINK_SENT];
	/* Video that waits, oldest first, by its outgoing number. */
	struct {
		struct downtrack *downtrack; /* NULL: gone */
		uint16_t sequence;
		uint16_t bytes;
	} queue[DOWNLINK_QUEUE];
	unsigned queue_first, queue_count;
	uint64_t queue_bytes;
	int64_t budget, budget_us; /* bytes that may go now, as of then */
	uint64_t in_flight;	   /* bytes of whose fate nothing is known yet */
	int64_t told_us, rtt_us;
	uint16_t told_next; /* the number that the next feedback should begin with */
	int64_t clogged_us; /* since when too much is under way; 0: it is not */
	struct rate resent, audio;
	int64_t allocated_us;
	bool starved, reduced;
};

void downlink_init(struct downlink *downlink);
/* The number of the next packet; counts when it has gone, with its size. */
uint16_t downlink_number(const struct downlink *downlink);
void downlink_note(struct downlink *downlink, unsigned bytes, int64_t now_us);
/* Whether a packet of video may go at once. If not: queue it; false when there is no room. */
bool downlink_may_send(struct downlink *downlink, int64_t now_us);
/* Whether the first of the queue may go. */
bool downlink_may_drain(struct downlink *downlink, int64_t now_us);
/* The same reason to wait for a while is a reason to send less. */
void downlink_watch(struct downlink *downlink, int64_t now_us);
bool downlink_queue(
	struct downlink *downlink, struct downtrack *downtrack, uint16_t sequence, unsigned bytes);
/* Whether audio may be sent with its redundancy: not where a picture waits for the room, unless
 * losses make it worth that. */
bool downlink_affords_red(const struct downlink *downlink);
/* Whether a lost packet may be sent again: not if that would cost what is new. */
bool downlink_may_resend(struct downlink *downlink, unsigned bytes, int64_t now_us);
void downlink_forget(struct downlink *downlink, const struct downtrack *downtrack);

/* The peer tells of `count` packets from this one on. What lies before and was never told of was in
 * a feedback that got lost, and is under way no more. */
void downlink_told_from(struct downlink *downlink, uint16_t sequence, unsigned count);

/* downlink_tick.c */
void downlink_feedback(struct peer *peer, const struct rtcp_packet *packet) REQUIRES(on_media);
void downlink_remb(struct peer *peer, uint64_t bps) REQUIRES(on_media);
void downlink_tick(struct peer *peer) REQUIRES(on_media);

#endif
