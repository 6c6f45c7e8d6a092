/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/sources.h"

#include <string.h>

#define ONE  1000
#define FULL (SOURCES_BURST * ONE)

void sources_init(struct sources *sources)
{
	memset(sources, 0, sizeof(*sources));
	sources->key = siphash_key_random();
}

static struct source *find(struct sources *sources, const struct address *address, int64_t now_ms)
{
	size_t n = address->family == 4 ? 4 : 8;
	uint64_t hash = siphash(&sources->key, str_n((const char *)address->ip, n));
	struct source *set = sources->sets[hash % SOURCES_SETS];
	uint32_t tag = (uint32_t)(hash >> 32) | 1u;
	struct source *oldest = set;
	for (unsigned i = 0; i < SOURCES_WAYS; i++) {
		if (set[i].tag == tag) {
			return &set[i];
		}
		if (set[i].tag == 0 || (oldest->tag != 0 && set[i].seen_ms < oldest->seen_ms)) {
			oldest = &set[i];
		}
	}
	*oldest = (struct source){.tag = tag, .thousandths = FULL, .seen_ms = now_ms};
	return oldest;
}

bool sources_admit(struct sources *sources, const struct address *address, int64_t now_ms)
{
	struct source *s = find(sources, address, now_ms);
	int64_t left = s->thousandths + (now_ms - s->seen_ms) * SOURCES_PER_SECOND;
	s->thousandths = (int32_t)(left < FULL ? left : FULL);
	s->seen_ms = now_ms;
	if (s->thousandths < ONE) {
		return false;
	}
	s->thousandths -= ONE;
	return true;
}
