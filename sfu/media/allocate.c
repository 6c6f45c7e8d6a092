/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/allocate.h"

/* Going up needs room to spare, most of all from nothing; staying does not even need all. */
#define MORE_PERCENT  110
#define FIRST_PERCENT 125
#define STAY_PERCENT  85

static uint64_t cost_of(const struct allocate_video *v, int layer)
{
	return layer < 0 ? 0 : v->rates[layer];
}

/* The least layer above what it has; -1: it has all that it wishes or that there is. */
static int next_of(const struct allocate_video *v)
{
	for (int i = v->out + 1; i < MEDIA_MAX_ENCODINGS; i++) {
		if (v->rates[i] == 0) {
			continue;
		}
		bool least = v->out < 0;
		return i <= v->wish || least ? i : -1;
	}
	return -1;
}

static uint64_t step_of(const struct allocate_video *v, int to)
{
	uint64_t has = cost_of(v, v->out), wants = cost_of(v, to);
	return wants > has ? wants - has : 0;
}

static bool raise(struct allocate_video *v, struct allocation *a, uint64_t bps)
{
	int to = next_of(v);
	if (to < 0) {
		return false;
	}
	uint64_t step = step_of(v, to);
	unsigned percent = to <= v->now ? STAY_PERCENT : v->now < 0 ? FIRST_PERCENT : MORE_PERCENT;
	uint64_t needs = step * percent / 100;
	if (a->used + needs > bps) {
		return false;
	}
	a->used += step;
	v->out = to;
	return true;
}

static void sort(struct allocate_video *videos[], unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		struct allocate_video *v = videos[i];
		unsigned at = i;
		for (; at > 0 && videos[at - 1]->rank > v->rank; at--) {
			videos[at] = videos[at - 1];
		}
		videos[at] = v;
	}
}

static void conclude(struct allocate_video *const videos[], unsigned count, struct allocation *a)
{
	for (unsigned i = 0; i < count; i++) {
		int to = next_of(videos[i]);
		if (to < 0) {
			continue;
		}
		a->starved = a->starved || videos[i]->out < 0;
		a->reduced = true;
		if (a->for_more == 0) {
			a->for_more = a->used + step_of(videos[i], to);
		}
	}
}

struct allocation allocate(struct allocate_video *videos[], unsigned count, uint64_t bps)
{
	struct allocation a = {.used = 0};
	sort(videos, count);
	for (unsigned i = 0; i < count; i++) {
		videos[i]->out = -1;
		(void)raise(videos[i], &a, bps);
	}
	for (unsigned i = 0; i < count && videos[i]->rank <= ALLOCATE_RANK_FIRST; i++) {
		while (raise(videos[i], &a, bps)) {
		}
	}
	for (int round = 1; round < MEDIA_MAX_ENCODINGS; round++) {
		for (unsigned i = 0; i < count; i++) {
			(void)raise(videos[i], &a, bps);
		}
	}
	conclude(videos, count, &a);
	return a;
}
