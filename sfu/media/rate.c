/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/rate.h"

#include <string.h>

static int64_t width(const struct rate *r)
{
	return r->bucket_us == 0 ? RATE_BUCKET_US : r->bucket_us;
}

static void move_to(struct rate *r, int64_t now_us)
{
	int64_t bucket = now_us / width(r);
	if (r->first_us == 0) {
		r->first_us = now_us;
		r->at = bucket;
	}
	if (bucket - r->at >= 2 * RATE_BUCKETS) {
		memset(r->bytes, 0, sizeof(r->bytes));
		r->first_us = now_us;
		r->at = bucket;
	}
	while (r->at < bucket) {
		r->bytes[++r->at % RATE_BUCKETS] = 0;
	}
}

void rate_add(struct rate *rate, uint64_t bytes, int64_t now_us)
{
	move_to(rate, now_us);
	rate->bytes[rate->at % RATE_BUCKETS] += bytes;
}

uint64_t rate_bps(struct rate *rate, int64_t now_us)
{
	struct rate *r = rate;
	if (r->first_us == 0) {
		return 0;
	}
	move_to(r, now_us);
	uint64_t sum = 0;
	for (int i = 0; i < RATE_BUCKETS; i++) {
		sum += r->bytes[i];
	}
	int64_t window = (RATE_BUCKETS - 1) * width(r) + now_us % width(r);
	int64_t passed = now_us - r->first_us;
	window = passed < window ? passed : window;
	window = window < width(r) ? width(r) : window;
	return sum * 8u * 1000000u / (uint64_t)window;
}
