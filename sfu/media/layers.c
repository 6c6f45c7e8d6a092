/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/layers.h"

#include <string.h>

void layers_init(struct layer_selector *selector)
{
	memset(selector, 0, sizeof(*selector));
	selector->spatial = -1;
}

/* The greatest target within the wish; -1: none. */
static int target_for(const struct layer_targets *targets, struct layer_wish wish)
{
	int best = -1;
	for (int i = 0; i < targets->count; i++) {
		if (targets->spatial[i] > wish.spatial || targets->temporal[i] > wish.temporal) {
			continue;
		}
		bool better = best < 0 || targets->spatial[i] > targets->spatial[best] ||
			      (targets->spatial[i] == targets->spatial[best] &&
				      targets->temporal[i] > targets->temporal[best]);
		best = better ? i : best;
	}
	return best;
}

static void follow(struct layer_selector *s, const struct layer_targets *targets, int target)
{
	s->spatial = targets->spatial[target];
	s->temporal = targets->temporal[target];
}

/*
 * Down as soon as nothing that the smaller target needs has been left out; up in time where the
 * sender says so; up in space with a keyframe only.
 */
static void adapt(struct layer_selector *s, const struct layer_frame *frame, struct layer_wish wish)
{
	int wished = target_for(frame->targets, wish);
	if (frame->keyframe) {
		int least = wished < 0 ? 0 : wished;
		follow(s, frame->targets, least);
		s->whole = UINT32_MAX;
		return;
	}
	if (s->spatial < 0 || wished < 0 || !frame->start || frame->spatial != 0) {
		return;
	}
	int spatial = frame->targets->spatial[wished], temporal = frame->targets->temporal[wished];
	bool down = spatial < s->spatial || (spatial == s->spatial && temporal < s->temporal);
	if (down && (s->whole >> wished & 1u) != 0) {
		follow(s, frame->targets, wished);
		return;
	}
	bool up = spatial == s->spatial && temporal > s->temporal;
	if (up && (layer_need_of(frame, (unsigned)wished) == LAYER_SWITCH)) {
		follow(s, frame->targets, wished);
		s->whole |= 1u << wished;
	}
}

static void note_left_out(struct layer_selector *s, const struct layer_frame *frame)
{
	for (unsigned i = 0; i < frame->targets->count; i++) {
		enum layer_need need = layer_need_of(frame, i);
		if (need == LAYER_REQUIRED || need == LAYER_SWITCH) {
			s->whole &= ~(1u << i);
		}
	}
}

static bool decide(struct layer_selector *s, const struct layer_frame *frame)
{
	if (s->spatial < 0) {
		return false;
	}
	struct layer_wish now = {s->spatial, s->temporal};
	int target = target_for(frame->targets, now);
	bool forward = target >= 0 && layer_need_of(frame, (unsigned)target) != LAYER_NOT_PRESENT;
	if (!forward) {
		note_left_out(s, frame);
	}
	return forward;
}

struct layer_verdict layers_select(
	struct layer_selector *selector, const struct layer_frame *frame, struct layer_wish wish)
{
	struct layer_selector *s = selector;
	unsigned at = frame->number % LAYERS_REMEMBERED;
	if (!s->seen[at].known || s->seen[at].number != frame->number) {
		adapt(s, frame, wish);
		bool forward = decide(s, frame);
		s->seen[at].known = true;
		s->seen[at].number = frame->number;
		s->seen[at].forward = forward;
		s->seen[at].spatial = s->spatial;
	}
	bool last = frame->end && frame->spatial == s->seen[at].spatial;
	return (struct layer_verdict){s->seen[at].forward, s->seen[at].forward && last};
}

bool layers_want_keyframe(
	const struct layer_selector *selector, struct layer_wish wish, int spatial_count)
{
	int most = wish.spatial < spatial_count - 1 ? wish.spatial : spatial_count - 1;
	return selector->spatial < 0 || most > selector->spatial ||
	       wish.spatial < selector->spatial;
}
