/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/api/limits.h"

#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

/* When everything asked for so far will have been paid back. */
struct bucket {
	int64_t paid_ms;
};

struct limits {
	struct mutex lock;
	struct map *buckets;
};

static void bucket_free(void *value)
{
	struct bucket *bucket = value;
	mem_freep(&bucket);
}

struct limits *limits_new(void)
{
	struct limits *limits = MEM_NEW(struct limits);
	mutex_init(&limits->lock);
	limits->buckets = map_new(LIMITS_ADDRESSES);
	return limits;
}

void limits_free(struct limits **limits)
{
	struct limits *l = *limits;
	if (l == NULL)
		return;
	map_free(&l->buckets, bucket_free);
	mutex_release(&l->lock);
	mem_freep(limits);
}

static struct bucket *bucket_of(struct limits *limits, struct str address, int64_t now_ms)
{
	struct bucket *bucket = map_find(limits->buckets, address);
	if (bucket != NULL)
		return bucket;
	if (map_count(limits->buckets) == LIMITS_ADDRESSES) {
		size_t cursor = 0;
		struct str key;
		void *old;
		while (map_next(limits->buckets, &cursor, &key, &old)) {
			if (((const struct bucket *)old)->paid_ms <= now_ms)
				bucket_free(map_remove(limits->buckets, key));
		}
	}
	bucket = MEM_NEW(struct bucket);
	bucket->paid_ms = now_ms;
	void *replaced;
	if (map_put(limits->buckets, address, bucket, &replaced) == STATUS_OK)
		return bucket;
	bucket_free(bucket);
	return NULL;
}

int64_t limits_take(struct limits *limits, struct str address, int64_t now_ms)
{
	int64_t wait = 0;
	mutex_lock(&limits->lock);
	struct bucket *bucket = bucket_of(limits, address, now_ms);
	if (bucket == NULL) {
		wait = LIMITS_INTERVAL_MS;
	} else {
		if (bucket->paid_ms < now_ms)
			bucket->paid_ms = now_ms;
		int64_t debt = bucket->paid_ms + LIMITS_INTERVAL_MS - now_ms;
		if (debt > (int64_t)LIMITS_BURST * LIMITS_INTERVAL_MS)
			wait = debt - (int64_t)LIMITS_BURST * LIMITS_INTERVAL_MS;
		else
			bucket->paid_ms += LIMITS_INTERVAL_MS;
	}
	mutex_unlock(&limits->lock);
	return wait;
}
