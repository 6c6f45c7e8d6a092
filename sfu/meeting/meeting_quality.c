/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which qualities of a publication anybody receives, so that its publisher need not send the
 * others, and whether anybody needs its other codec. More is told at once, less once it has been
 * less for a while: somebody who switches windows shall not cost everybody a keyframe.
 */
#include "sfu/meeting/meeting.h"

#define FEWER_MS  5000
#define SETTLE_MS 1000 /* a client hears of its own new track before it can heed this */
#define ALL	  ((1u << QUALITIES) - 1)

static unsigned quality_of(const struct rendition *r, uint8_t encoding)
{
	return encoding < r->layer_count ? r->layers[encoding].quality : QUALITIES - 1;
}

static unsigned wanted_of(const struct publication *t, const struct rendition *r)
{
	const struct meeting *meeting = t->owner->meeting;
	unsigned wanted = 0;
	for (unsigned i = 0; i < meeting->count; i++) {
		for (const struct subscription *s = meeting->list[i]->subscriptions; s != NULL;
			s = s->next) {
			/* Who has not negotiated yet will want the preferred one. */
			const struct rendition *gets =
				s->rendition == NULL ? &t->renditions[0] : s->rendition;
			if (s->publication != t || gets != r || s->refused || s->settings.paused)
				continue;
			wanted |= (2u << quality_of(r, s->settings.max_encoding)) - 1;
		}
	}
	return wanted & ALL;
}

static void tell(struct publication *t, const unsigned wanted[RENDITIONS_MAX])
{
	struct meeting_listener *listener = &t->owner->meeting->all->listener;
	for (unsigned i = 0; i < RENDITIONS_MAX; i++)
		t->renditions[i].told = wanted[i];
	t->fewer_ms = 0;
	listener->quality_wanted(listener->context, t);
}

static void review(struct publication *t, int64_t mono_ms)
{
	unsigned wanted[RENDITIONS_MAX];
	bool more = false, fewer = false;
	if (!t->live || t->says.kind != MEDIA_VIDEO || mono_ms - t->live_ms < SETTLE_MS)
		return;
	for (unsigned i = 0; i < RENDITIONS_MAX; i++) {
		const struct rendition *r = &t->renditions[i];
		wanted[i] = r->id == 0 ? r->told : wanted_of(t, r);
		more = more || (wanted[i] & ~r->told) != 0;
		fewer = fewer || (r->told & ~wanted[i]) != 0;
	}
	if (!fewer)
		t->fewer_ms = 0;
	else if (t->fewer_ms == 0)
		t->fewer_ms = mono_ms;
	bool due = fewer && mono_ms - t->fewer_ms >= FEWER_MS;
	if (!more && !due)
		return;
	for (unsigned i = 0; i < RENDITIONS_MAX && !due; i++)
		wanted[i] |= t->renditions[i].told;
	int64_t since = t->fewer_ms;
	tell(t, wanted);
	t->fewer_ms = due ? 0 : since;
}

void meeting_review_quality(struct publication *publication)
{
	review(publication, publication->owner->meeting->now_ms);
}

void meeting_review_qualities(struct meeting *meeting)
{
	for (unsigned i = 0; i < meeting->count; i++) {
		for (struct publication *t = meeting->list[i]->publications; t != NULL; t = t->next)
			review(t, meeting->now_ms);
	}
}
