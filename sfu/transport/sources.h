/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a source address may ask of us before it has proven anything: a bucket of
 * SOURCES_BURST requests, refilled with SOURCES_PER_SECOND. A source is an IPv4 address or an IPv6
 * /64, so people behind one translator share a bucket: it is made for a hundred of them.
 *
 * A table of fixed size: in a place that is taken, the source that has been silent longest gives
 * way. Who forges addresses gains nothing by that, for nothing is sent to an address that has not
 * proven a password.
 */
#ifndef PARVIS_SFU_SOURCES_H
#define PARVIS_SFU_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/siphash.h"
#include "sfu/transport/address.h"

#define SOURCES_SETS	   512u
#define SOURCES_WAYS	   4u
#define SOURCES_PER_SECOND 500
#define SOURCES_BURST	   1000

struct source {
	uint32_t tag;	     /* of the hash; 0: free */
	int32_t thousandths; /* of requests that are left */
	int64_t seen_ms;
};

struct sources {
	struct siphash_key key;
	struct source sets[SOURCES_SETS][SOURCES_WAYS];
};

void sources_init(struct sources *sources);
/* Takes one request of that address; false when it has none left. */
bool sources_admit(struct sources *sources, const struct address *address, int64_t now_ms);

#endif
