/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose turn it is to be sent to. Each pusher with something to send has a lane, one call at a time
 * and in order; lanes share gateways. A gateway that does not answer is asked by one lane only,
 * each time after twice as long, and the others wait for what comes of it. Knows no thread, no
 * clock, no network: the caller holds a lock and tells the time (clock_mono_ms()).
 */
#ifndef PARVIS_HOMESERVER_PUSH_LANES_H
#define PARVIS_HOMESERVER_PUSH_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "homeserver/store/push_queue_store.h"

#define PUSH_PER_GATEWAY    8 /* calls at once */
#define PUSH_RETRY_FIRST_MS 1000
#define PUSH_RETRY_MAX_MS   (10 * 60 * 1000)
#define PUSH_LANES_MAX	    100000

struct push_lanes;

struct push_lane {
	struct pusher_key key; /* constant while the lane lives */
	char *texts;	       /* that the key points into */
	unsigned refusals;     /* in a row, of what is sent now */
	struct push_gateway *gateway;
	struct push_lane *next;
	struct push_lane *prev;
	int64_t due_ms;
	bool taken;
	bool again;  /* woken while it was taken */
	bool inside; /* counted among the gateway's calls */
};

struct push_lanes *push_lanes_new(void);
void push_lanes_free(struct push_lanes **lanes);
/* Pushers with something to send. */
size_t push_lanes_count(const struct push_lanes *lanes);

/* There is something new to send to the pusher. */
void push_lanes_wake(struct push_lanes *lanes, const struct pusher_key *key);
/* The lane that has waited longest of those that may go now; the caller's until push_lanes_give().
 * NULL: none, and *until_out is when one may, INT64_MAX when only a wake or a give can tell. */
struct push_lane *push_lanes_take(struct push_lanes *lanes, int64_t now_ms, int64_t *until_out);
/* Before a call: a lane's first one names the gateway. false: the gateway has no place now. */
bool push_lanes_enter(
	struct push_lanes *lanes, struct push_lane *lane, struct str url, int64_t now_ms);

enum push_result {
	PUSH_NOTHING_LEFT, /* no call was needed */
	PUSH_NO_PLACE,	   /* push_lanes_enter() said false */
	PUSH_SENT,	   /* and there may be more */
	PUSH_REFUSED,	   /* the gateway answered, but not as it should: this lane waits */
	PUSH_DOWN,	   /* the gateway did not answer, or cannot serve: all its lanes wait */
	PUSH_FAILED,	   /* a failure of our own: try again after a while */
};
/* retry_after_ms: what the gateway asked for, or 0. true: the gateway is known to be down since
 * now. */
bool push_lanes_give(struct push_lanes *lanes, struct push_lane *lane, enum push_result result,
	int64_t retry_after_ms, int64_t now_ms);

#endif
