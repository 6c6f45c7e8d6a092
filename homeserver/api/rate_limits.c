/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/rate_limits.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "common/base/mem.h"
#include "common/base/siphash.h"
#include "common/base/thread.h"

#define SETS	4096 /* a power of two */
#define WAYS	4
#define KEY_MAX 512

/* One request each period_us in the long run, `burst` at once after a pause. */
struct rate {
	int64_t period_us;
	int64_t burst;
};

static const struct rate rates[RATE_CLASSES] = {
	[RATE_READ] = {10 * 1000, 1000},
	[RATE_WRITE] = {100 * 1000, 200},
	[RATE_LOGIN_ADDRESS] = {2 * 1000 * 1000, 20},
	[RATE_LOGIN_ACCOUNT] = {6 * 1000 * 1000, 10},
	[RATE_REGISTER] = {5 * 1000 * 1000, 20},
	[RATE_MEDIA] = {50 * 1000, 200},
	[RATE_REPORT] = {10 * 1000 * 1000, 20},
};

struct bucket {
	uint64_t key;	/* hash of class and key; 0: unused */
	int64_t tat_us; /* theoretical arrival time of the next request */
};

struct rate_limits {
	bool enabled;
	struct siphash_key seed;
	struct mutex mutex;
	struct bucket buckets[SETS][WAYS];
};

struct rate_limits *rate_limits_new(bool enabled)
{
	struct rate_limits *limits = MEM_NEW(struct rate_limits);
	limits->enabled = enabled;
	limits->seed = siphash_key_random();
	mutex_init(&limits->mutex);
	return limits;
}

void rate_limits_free(struct rate_limits **limits)
{
	if (*limits == NULL)
		return;
	mutex_release(&(*limits)->mutex);
	mem_freep(limits);
}

static uint64_t hash_key(const struct rate_limits *limits, enum rate_class class, struct str key)
{
	char text[1 + KEY_MAX];
	text[0] = (char)class;
	size_t n = key.n < KEY_MAX ? key.n : KEY_MAX;
	if (n > 0)
		memcpy(text + 1, key.p, n);
	uint64_t hash = siphash(&limits->seed, str_n(text, n + 1));
	return hash == 0 ? 1 : hash;
}

/* The key's bucket; a new one takes the place of the one with the earliest arrival time, which is
 * the nearest to having forgotten everything. */
static struct bucket *find_bucket(struct bucket set[WAYS], uint64_t key)
{
	struct bucket *oldest = &set[0];
	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].tat_us < oldest->tat_us)
			oldest = &set[i];
	}
	*oldest = (struct bucket){.key = key};
	return oldest;
}

int64_t rate_limits_take(
	struct rate_limits *limits, enum rate_class class, struct str key, int64_t now_us)
{
	if (!limits->enabled)
		return 0;
	const struct rate *rate = &rates[class];
	uint64_t hash = hash_key(limits, class, key);
	int64_t early_us = 0;
	mutex_lock(&limits->mutex);
	struct bucket *bucket = find_bucket(limits->buckets[hash & (SETS - 1)], hash);
	int64_t tat = (bucket->tat_us > now_us ? bucket->tat_us : now_us) + rate->period_us;
	early_us = tat - now_us - rate->burst * rate->period_us;
	if (early_us <= 0)
		bucket->tat_us = tat;
	mutex_unlock(&limits->mutex);
	return early_us <= 0 ? 0 : (early_us + 999) / 1000;
}

struct str rate_address_key(struct str address, char out[RATE_ADDRESS_MAX])
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr parsed;
	if (address.n >= sizeof(text))
		return str_slice(address, 0, RATE_ADDRESS_MAX);
	if (address.n > 0)
		memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	if (inet_pton(AF_INET6, text, &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed))
		return address;
	int n = snprintf(out, RATE_ADDRESS_MAX, "%02x%02x:%02x%02x:%02x%02x:%02x%02x/64",
		parsed.s6_addr[0], parsed.s6_addr[1], parsed.s6_addr[2], parsed.s6_addr[3],
		parsed.s6_addr[4], parsed.s6_addr[5], parsed.s6_addr[6], parsed.s6_addr[7]);
	return str_n(out, (size_t)n);
}
