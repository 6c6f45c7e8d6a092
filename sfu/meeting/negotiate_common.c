/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/meeting/negotiate_common.h"

#include "common/base/buf.h"

void negotiate_tell_media(struct participant *participant, struct media_command *command)
{
	struct meeting_listener *listener = &participant->meeting->all->listener;
	command->meeting = participant->meeting->id;
	listener->media(listener->context, command);
}

static bool can_read(const struct sdp_section *section, const struct publication *t)
{
	for (unsigned i = 0; i < RENDITIONS_MAX; i++) {
		const struct rendition *r = &t->renditions[i];
		if (r->id == 0)
			continue;
		if (r->live ? sdp_codec_for(section, &r->format) != NULL
			    : sdp_codec_find(section, r->codec) != NULL)
			return true;
	}
	return false;
}

static bool section_fits(const struct link *link, unsigned i, const struct publication *t,
	const struct sdp *description)
{
	enum sdp_kind kind = t->says.kind == MEDIA_AUDIO ? SDP_AUDIO : SDP_VIDEO;
	return link->sections[i].use == SECTION_FREE && link->sections[i].kind == kind &&
	       (description == NULL || can_read(&description->sections[i], t));
}

void negotiate_bind(
	struct participant *participant, struct link *link, const struct sdp *description)
{
	for (struct subscription *s = participant->subscriptions; s != NULL; s = s->next) {
		for (unsigned i = 0; !s->bound && !s->refused && i < link->section_count; i++) {
			if (!section_fits(link, i, s->publication, description))
				continue;
			link->sections[i].use = SECTION_OUT;
			link->sections[i].out = s;
			s->bound = true;
		}
	}
}

void negotiate_write_sending(
	struct link *link, struct sdp *ours, struct arena *arena, struct negotiated *out)
{
	for (unsigned i = 0; i < link->section_count && i < ours->section_count; i++) {
		struct link_section *section = &link->sections[i];
		section->said = section->use == SECTION_ENDED;
		if (section->use != SECTION_OUT)
			continue;
		const struct publication *t = section->out->publication;
		struct str stream = arena_printf(arena, "%s|%s", t->owner->sid, t->sid);
		sdp_section_send(&ours->sections[i], stream, str_c(t->sid), section->out->ssrc,
			section->out->rtx_ssrc);
		out->mids[out->mid_count++] = (struct negotiated_mid){section->mid, t->sid};
	}
}

void negotiate_start(struct link *link, const struct sdp *negotiated)
{
	for (unsigned i = 0; i < link->section_count && i < negotiated->section_count; i++) {
		struct link_section *section = &link->sections[i];
		struct subscription *s = section->out;
		if (section->use != SECTION_OUT || s->started)
			continue;
		const struct sdp_section *said = &negotiated->sections[i];
		memcpy(s->mid, section->mid, sizeof(s->mid));
		s->codec_count = said->codec_count;
		for (unsigned k = 0; k < said->codec_count; k++)
			s->codecs[k] = said->codecs[k].codec;
		if (!meeting_start_subscription(s)) {
			section->use = SECTION_IDLE;
			section->out = NULL;
			s->bound = false;
		}
	}
}

void negotiate_free_ended(struct link *link)
{
	for (unsigned i = 0; i < link->section_count; i++) {
		if (link->sections[i].use == SECTION_ENDED && link->sections[i].said)
			link->sections[i].use = SECTION_FREE;
	}
}

struct str negotiate_ufrag(const struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->section_count; i++) {
		if (!sdp->sections[i].rejected)
			return sdp->sections[i].ice_ufrag;
	}
	return STR_EMPTY;
}

void negotiate_print(struct participant *participant, const struct sdp *sdp, struct arena *arena,
	struct negotiated *out)
{
	BUF_SCOPE(text, SDP_MAX_BYTES);
	sdp_write(sdp, participant->meeting->all->candidates, &text);
	out->sdp = arena_str(arena, buf_str(&text));
}
