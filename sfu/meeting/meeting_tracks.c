/* SPDX-License-Identifier: Apache-2.0 */
/* Tracks in a meeting: published, muted, received, taken away. */
#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "sfu/meeting/meeting.h"

static void tell_media(struct participant *p, struct media_command *command)
{
	struct meeting_listener *listener = &p->meeting->all->listener;
	listener->media(listener->context, command);
}

enum status meeting_add_track(struct participant *participant, const struct track_description *says,
	struct publication **out)
{
	struct participant *p = participant;
	if (!p->can_publish ||
		(p->sources != SOURCES_ALL && (p->sources & (1u << says->source)) == 0))
		return STATUS_DENIED;
	if (participant_track_count(p) >= TRACKS_MAX)
		return STATUS_TOO_LARGE;
	if (participant_publication_by_cid(p, says->cid) != NULL)
		return STATUS_EXISTS;
	struct publication *t = publication_new(meetings_next_id(p->meeting->all), says);
	t->owner = p;
	t->next = p->publications;
	p->publications = t;
	*out = t;
	return STATUS_OK;
}

void meeting_set_muted(struct publication *publication, bool muted)
{
	struct publication *t = publication;
	if (t->says.muted == muted)
		return;
	t->says.muted = muted;
	if (!t->live)
		return;
	struct media_command *command = media_command_new(MEDIA_MUTE_TRACK);
	command->track = t->id;
	command->u.muted = muted;
	tell_media(t->owner, command);
	participant_changed(t->owner);
}

void meeting_track_changed(struct publication *publication)
{
	if (publication->live)
		participant_changed(publication->owner);
}

void meeting_track_live(struct publication *publication)
{
	struct participant *owner = publication->owner;
	struct meeting *meeting = owner->meeting;
	struct meeting_listener *listener = &meeting->all->listener;
	publication->live = true;
	participant_changed(owner);
	for (unsigned i = 0; i < meeting->count; i++) {
		struct participant *other = meeting->list[i];
		if (other == owner || !other->auto_subscribe || other->state < PARTICIPANT_JOINED)
			continue;
		meeting_subscribe(other, publication);
		listener->negotiate(listener->context, other);
	}
}

/* Its section carries nothing from now on. */
static void unbind(struct subscription *s)
{
	struct link_section *section = link_section_of(participant_receives_on(s->subscriber), s);
	if (section != NULL) {
		section->use = SECTION_ENDED;
		section->out = NULL;
	}
	s->bound = false;
	if (!s->started)
		return;
	s->started = false;
	struct media_command *command = media_command_new(MEDIA_UNSUBSCRIBE);
	command->downtrack = s->id;
	tell_media(s->subscriber, command);
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

void meeting_remove_track(struct publication *publication)
{
	struct publication *t = publication;
	struct participant *owner = t->owner;
	struct meeting *meeting = owner->meeting;
	for (unsigned i = 0; i < meeting->count; i++)
		(void)drop_subscription(meeting->list[i], t);
	for (unsigned i = 0; i < owner->publisher.section_count; i++) {
		struct link_section *section = &owner->publisher.sections[i];
		if (section->in == t) {
			section->in = NULL;
			section->use = SECTION_IDLE;
		}
	}
	if (t->live) {
		struct media_command *command = media_command_new(MEDIA_UNPUBLISH);
		command->track = t->id;
		tell_media(owner, command);
	}
	struct publication **at = &owner->publications;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	bool was_live = t->live;
	publication_free(&t);
	if (was_live)
		participant_changed(owner);
}

struct publication *meeting_track(struct meeting *meeting, struct str sid)
{
	for (unsigned i = 0; i < meeting->count; i++) {
		struct publication *t = participant_publication(meeting->list[i], sid);
		if (t != NULL && t->live)
			return t;
	}
	return NULL;
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
	struct meeting_listener *listener = &participant->meeting->all->listener;
	if (drop_subscription(participant, publication))
		listener->negotiate(listener->context, participant);
}

void meeting_set_downtrack(
	struct subscription *subscription, const struct media_downtrack_settings *settings)
{
	subscription->settings = *settings;
	if (!subscription->started)
		return;
	struct media_command *command = media_command_new(MEDIA_SET_DOWNTRACK);
	command->downtrack = subscription->id;
	command->u.settings = *settings;
	tell_media(subscription->subscriber, command);
}
