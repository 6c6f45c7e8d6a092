/* SPDX-License-Identifier: Apache-2.0 */
/* Tracks in a meeting: published, muted, taken away. */
#include "common/base/mem.h"
#include "sfu/meeting/meeting.h"

static void tell_media(struct participant *p, struct media_command *command)
{
	struct meeting_listener *listener = &p->meeting->all->listener;
	command->meeting = p->meeting->id;
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
	uint64_t ids[RENDITIONS_MAX];
	for (unsigned i = 0; i < RENDITIONS_MAX; i++)
		ids[i] = meetings_next_id(p->meeting->all);
	struct publication *t = publication_new(ids, says);
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
	for (unsigned i = 0; i < RENDITIONS_MAX; i++) {
		if (!t->renditions[i].live)
			continue;
		struct media_command *command = media_command_new(MEDIA_MUTE_TRACK);
		command->track = t->renditions[i].id;
		command->u.muted = muted;
		tell_media(t->owner, command);
	}
	participant_changed(t->owner);
}

void meeting_mute_for(struct publication *publication, bool muted)
{
	struct meeting_listener *listener = &publication->owner->meeting->all->listener;
	if (publication->says.muted == muted)
		return;
	meeting_set_muted(publication, muted);
	listener->muted(listener->context, publication);
}

void meeting_track_changed(struct publication *publication)
{
	if (publication->live)
		participant_changed(publication->owner);
}

static void unpublish(struct rendition *r)
{
	struct participant *owner = r->publication->owner;
	for (unsigned i = 0; i < owner->publisher.section_count; i++) {
		struct link_section *section = &owner->publisher.sections[i];
		if (section->in == r) {
			section->in = NULL;
			section->use = SECTION_IDLE;
		}
	}
	if (!r->live)
		return;
	r->live = false;
	struct media_command *command = media_command_new(MEDIA_UNPUBLISH);
	command->track = r->id;
	tell_media(owner, command);
}

void meeting_remove_rendition(struct rendition *rendition)
{
	struct publication *t = rendition->publication;
	if (rendition == &t->renditions[0]) {
		meeting_remove_track(t);
		return;
	}
	meeting_stop_rendition(rendition);
	unpublish(rendition);
	mem_freep(&rendition->cid);
	rendition->told = 0;
	meeting_review_quality(t);
}

void meeting_remove_track(struct publication *publication)
{
	struct publication *t = publication;
	struct participant *owner = t->owner;
	meeting_drop_subscriptions(t);
	for (unsigned i = 0; i < RENDITIONS_MAX; i++)
		unpublish(&t->renditions[i]);
	struct publication **at = &owner->publications;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	bool was_live = t->live;
	if (was_live)
		meeting_tell(NEWS_UNPUBLISHED, owner->meeting, owner, t);
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
