/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/steering.h"

#include <stdatomic.h>

#include "common/base/mem.h"
#include "common/base/siphash.h"
#include "common/base/thread.h"

#define BUCKETS	    16384u
#define PLACES	    8u
#define THREAD_MASK 0xffu

/* A place holds 56 bits of the key's hash and the thread's number plus one; 0: free. */
struct steering {
	struct siphash_key key;
	struct mutex lock; /* of who writes */
	_Atomic uint64_t buckets[BUCKETS][PLACES];
};

struct steering *steering_new(void)
{
	struct steering *s = MEM_NEW(struct steering);
	s->key = siphash_key_random();
	mutex_init(&s->lock);
	return s;
}

void steering_free(struct steering **steering)
{
	if (*steering != NULL) {
		mutex_release(&(*steering)->lock);
	}
	mem_freep(steering);
}

static bool is_of(uint64_t place, uint64_t hash)
{
	return place != 0 && (place | THREAD_MASK) == (hash | THREAD_MASK);
}

void steering_put(struct steering *steering, struct str key, unsigned thread)
{
	uint64_t hash = siphash(&steering->key, key);
	_Atomic uint64_t *bucket = steering->buckets[hash >> 32 & (BUCKETS - 1)], *to = NULL;
	mutex_lock(&steering->lock);
	for (unsigned i = 0; i < PLACES; i++) {
		uint64_t place = atomic_load_explicit(&bucket[i], memory_order_relaxed);
		if (is_of(place, hash)) {
			to = &bucket[i];
			break;
		}
		to = place == 0 && to == NULL ? &bucket[i] : to;
	}
	if (to != NULL) {
		atomic_store_explicit(
			to, (hash & ~(uint64_t)THREAD_MASK) | (thread + 1), memory_order_relaxed);
	}
	mutex_unlock(&steering->lock);
}

void steering_remove(struct steering *steering, struct str key, unsigned thread)
{
	uint64_t hash = siphash(&steering->key, key);
	_Atomic uint64_t *bucket = steering->buckets[hash >> 32 & (BUCKETS - 1)];
	mutex_lock(&steering->lock);
	for (unsigned i = 0; i < PLACES; i++) {
		uint64_t place = atomic_load_explicit(&bucket[i], memory_order_relaxed);
		if (is_of(place, hash) && (place & THREAD_MASK) == thread + 1) {
			atomic_store_explicit(&bucket[i], 0, memory_order_relaxed);
		}
	}
	mutex_unlock(&steering->lock);
}

unsigned steering_find(const struct steering *steering, struct str key)
{
	uint64_t hash = siphash(&steering->key, key);
	const _Atomic uint64_t *bucket = steering->buckets[hash >> 32 & (BUCKETS - 1)];
	for (unsigned i = 0; i < PLACES; i++) {
		uint64_t place = atomic_load_explicit(&bucket[i], memory_order_relaxed);
		if (is_of(place, hash)) {
			return (unsigned)(place & THREAD_MASK) - 1;
		}
	}
	return STEERING_NOBODY;
}
