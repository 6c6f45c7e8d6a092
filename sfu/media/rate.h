/* SPDX-License-Identifier: Apache-2.0 */
/* A rate over the last half or whole second. Times are microseconds and do not go back far. */
#ifndef PARVIS_SFU_RATE_H
#define PARVIS_SFU_RATE_H

#include <stdint.h>

#define RATE_BUCKETS 10

struct rate {
	int64_t bucket_us; /* 0: RATE_BUCKET_US */
	int64_t first_us;  /* when counting began; 0: not yet */
	int64_t at;	   /* number of the newest bucket */
	uint64_t bytes[RATE_BUCKETS];
};

#define RATE_BUCKET_US 50000

void rate_add(struct rate *rate, uint64_t bytes, int64_t now_us);
/* In bit/s; over what has passed when that is less than the whole window. */
uint64_t rate_bps(struct rate *rate, int64_t now_us);

#endif
