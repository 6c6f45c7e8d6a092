/* SPDX-License-Identifier: Apache-2.0 */
/* Who receives what in a meeting, in which codec, and who may. */
#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "sfu/media/sdp.h"
#include "sfu/meeting/meeting.h"

static void tell_media(struct participant *p, struct media_command *command)
{
	struct meeting_listener *listener = &p->meeting->all->listener;
	listener->media(listener->context, command);
}

static void negotiate(struct participant *p)
{
	struct meeting_listener *listener = &p->meeting->all->listener;
	listener->negotiate(listener->context, p);
}

static void tell_permission(struct subscription *s)
{
	struct participant *p = s->subscriber;
	struct meeting_listener *listener = &p->meeting->all->listener;
	listener->permission_changed(listener->context, s);
}

/* --- forwarding ------------------------------------------------------------------------------- */

/* The codec that this subscriber can read a rendition in; NULL: none. */
static const struct media_codec *codec_for(
	const struct subscription *s, const struct rendition *rendition)
{
	const struct media_codec *best = NULL;
	const struct media_codec *stream = &rendition->format;
	for (unsigned i = 0; i < s->codec_count; i++) {
		const struct media_codec *c = &s->codecs[i];
		bool fits = rendition->live
				    ? c->name == stream->name && c->profile >= stream->profile
				    : c->name == rendition->codec;
		if (fits && (best == NULL || c->profile < best->profile))
			best = c;
	}
	return best;
}

static uint8_t red_type_of(const struct subscription *s)
{
	for (unsigned i = 0; i < s->codec_count; i++) {
		if (s->codecs[i].name == CODEC_RED)
			return s->codecs[i].payload_type;
	}
	return MEDIA_NO_PAYLOAD;
}

static void stop(struct subscription *s)
{
	if (!s->started)
		return;
	s->started = false;
	s->held_back = false;
	struct media_command *command = media_command_new(MEDIA_UNSUBSCRIBE);
	command->downtrack = s->id;
	tell_media(s->subscriber, command);
}

static void start(struct subscription *s, const struct media_codec *codec)
{
	struct participant *p = s->subscriber;
	struct media_command *command = media_command_new(MEDIA_SUBSCRIBE);
	struct media_subscribe *to = &command->u.subscribe;
	to->downtrack = s->id;
	to->track = s->rendition->id;
	to->transport = participant_receives_on(p)->transport;
	memcpy(to->mid, s->mid, sizeof(to->mid));
	to->codec = *codec;
	to->ssrc = s->ssrc;
	to->rtx_ssrc = codec->rtx_payload_type == MEDIA_NO_PAYLOAD ? 0 : s->rtx_ssrc;
	to->red_payload_type = red_type_of(s);
	to->settings = s->settings;
	tell_media(p, command);
	s->started = true;
}

bool meeting_start_subscription(struct subscription *subscription)
{
	struct subscription *s = subscription;
	struct publication *t = s->publication;
	if (s->started)
		return true;
	s->rendition = NULL;
	for (unsigned i = 0; i < RENDITIONS_MAX && s->rendition == NULL; i++) {
		struct rendition *r = &t->renditions[i];
		if (r->id != 0 && codec_for(s, r) != NULL)
			s->rendition = r;
	}
	if (s->rendition == NULL)
		return false;
	if (s->rendition->live)
		start(s, codec_for(s, s->rendition));
	meeting_review_quality(t);
	return true;
}

void meeting_stop_rendition(struct rendition *rendition)
{
	struct meeting *meeting = rendition->publication->owner->meeting;
	for (unsigned i = 0; i < meeting->count; i++) {
		for (struct subscription *s = meeting->list[i]->subscriptions; s != NULL;
			s = s->next) {
			if (s->rendition == rendition)
				stop(s);
		}
	}
}

/* Those who have waited for it get it. */
static void start_waiting(struct rendition *r)
{
	struct meeting *meeting = r->publication->owner->meeting;
	for (unsigned i = 0; i < meeting->count; i++) {
		struct subscription *s = participant_subscription(meeting->list[i], r->publication);
		if (s != NULL && s->bound && s->codec_count > 0)
			(void)meeting_start_subscription(s);
	}
}

void meeting_rendition_live(struct rendition *rendition, int64_t mono_ms)
{
	struct publication *t = rendition->publication;
	struct participant *owner = t->owner;
	struct meeting *meeting = owner->meeting;
	rendition->live = true;
	if (t->live) {
		participant_changed(owner);
		start_waiting(rendition);
		return;
	}
	if (rendition != &t->renditions[0])
		return;
	t->live = true;
	t->live_ms = mono_ms;
	participant_changed(owner);
	meeting_tell(NEWS_PUBLISHED, meeting, owner, t);
	for (unsigned i = 0; i < meeting->count; i++) {
		struct participant *other = meeting->list[i];
		if (other == owner || !other->auto_subscribe || other->state < PARTICIPANT_JOINED)
			continue;
		meeting_subscribe(other, t);
		negotiate(other);
	}
}

/* --- wishes ----------------------------------------------------------------------------------- */

/* Its section carries nothing from now on. */
static void unbind(struct subscription *s)
{
	struct link_section *section = link_section_of(participant_receives_on(s->subscriber), s);
	if (section != NULL) {
		section->use = SECTION_ENDED;
		section->out = NULL;
	}
	s->bound = false;
	s->codec_count = 0;
	stop(s);
	s->rendition = NULL;
}

static bool drop_subscription(struct participant *p, const struct publication *t)
{
	for (struct subscription **at = &p->subscriptions; *at != NULL; at = &(*at)->next) {
		struct subscription *s = *at;
		if (s->publication != t)
			continue;
		unbind(s);
		*at = s->next;
		mem_freep(&s);
		return true;
	}
	return false;
}

void meeting_drop_subscriptions(const struct publication *publication)
{
	struct meeting *meeting = publication->owner->meeting;
	for (unsigned i = 0; i < meeting->count; i++)
		(void)drop_subscription(meeting->list[i], publication);
}

static uint32_t draw_ssrc(const struct participant *p)
{
	for (;;) {
		uint32_t ssrc;
		bool taken = false;
		secret_random(&ssrc, sizeof(ssrc));
		for (const struct subscription *s = p->subscriptions; s != NULL; s = s->next)
			taken = taken || s->ssrc == ssrc || s->rtx_ssrc == ssrc;
		if (!taken && ssrc != 0)
			return ssrc;
	}
}

void meeting_subscribe(struct participant *participant, struct publication *publication)
{
	struct participant *p = participant;
	if (!p->can_subscribe || publication->owner == p ||
		participant_subscription(p, publication) != NULL)
		return;
	struct subscription *s = MEM_NEW(struct subscription);
	s->id = meetings_next_id(p->meeting->all);
	s->subscriber = p;
	s->publication = publication;
	s->settings.max_encoding = MEDIA_MAX_ENCODINGS - 1;
	s->ssrc = draw_ssrc(p);
	s->next = p->subscriptions;
	p->subscriptions = s;
	p->publisher.asked_in_vain = 0;
	if (publication->says.kind == MEDIA_VIDEO)
		s->rtx_ssrc = draw_ssrc(p);
	s->refused = !participant_permits(publication->owner, p, publication);
	if (s->refused)
		tell_permission(s);
	meeting_review_quality(publication);
}

void meeting_subscribe_all(struct participant *participant)
{
	struct meeting *meeting = participant->meeting;
	for (unsigned i = 0; i < meeting->count; i++) {
		for (struct publication *t = meeting->list[i]->publications; t != NULL;
			t = t->next) {
			if (t->live)
				meeting_subscribe(participant, t);
		}
	}
}

void meeting_unsubscribe(struct participant *participant, struct publication *publication)
{
	if (drop_subscription(participant, publication)) {
		negotiate(participant);
		meeting_review_quality(publication);
	}
}

void meeting_set_downtrack(
	struct subscription *subscription, const struct media_downtrack_settings *settings)
{
	subscription->settings = *settings;
	meeting_review_quality(subscription->publication);
	if (!subscription->started)
		return;
	struct media_command *command = media_command_new(MEDIA_SET_DOWNTRACK);
	command->downtrack = subscription->id;
	command->u.settings = *settings;
	tell_media(subscription->subscriber, command);
}

/* --- permissions ------------------------------------------------------------------------------ */

static bool apply_permission(struct subscription *s)
{
	struct publication *t = s->publication;
	bool refused = !participant_permits(t->owner, s->subscriber, t);
	if (refused == s->refused)
		return false;
	s->refused = refused;
	if (refused)
		unbind(s);
	tell_permission(s);
	return true;
}

void meeting_apply_permissions(struct participant *publisher)
{
	struct meeting *meeting = publisher->meeting;
	for (unsigned i = 0; i < meeting->count; i++) {
		struct participant *p = meeting->list[i];
		bool changed = false;
		for (struct subscription *s = p->subscriptions; s != NULL; s = s->next) {
			if (s->publication->owner == publisher)
				changed = apply_permission(s) || changed;
		}
		if (changed) {
			p->publisher.asked_in_vain = 0;
			negotiate(p);
		}
	}
	for (struct publication *t = publisher->publications; t != NULL; t = t->next)
		meeting_review_quality(t);
}
