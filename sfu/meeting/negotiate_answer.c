/* SPDX-License-Identifier: Apache-2.0 */
/* The client offers, we answer. */
#include <stdio.h>

#include "sfu/meeting/negotiate_common.h"

#define LOG_MODULE "meeting"
#include "common/base/log.h"

#define ASKS_IN_VAIN 4

static void copy(char *out, size_t size, struct str s)
{
	(void)snprintf(out, size, "%.*s", STR_FMT(s));
}

static bool has_data(const struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->section_count; i++) {
		if (sdp->sections[i].kind == SDP_APPLICATION && !sdp->sections[i].rejected)
			return true;
	}
	return false;
}

/* Opens the transport or brings it up to date. */
static enum status update_transport(
	struct participant *p, struct link *link, const struct sdp *offer, const struct sdp *answer)
{
	bool first = link->transport == 0;
	struct media_command *command =
		media_command_new(first ? MEDIA_OPEN_TRANSPORT : MEDIA_UPDATE_TRANSPORT);
	struct media_transport_params *params = &command->u.params;
	enum status status = sdp_transport_params(offer, answer, params);
	if (status != STATUS_OK) {
		media_command_free(&command);
		return status;
	}
	if (first)
		link->transport = meetings_next_id(p->meeting->all);
	command->meeting = p->meeting->id;
	command->transport = link->transport;
	params->participant = p->id;
	copy(params->local_ufrag, sizeof(params->local_ufrag), str_c(link->ufrag));
	copy(params->local_pwd, sizeof(params->local_pwd), str_c(link->pwd));
	copy(link->remote_ufrag, sizeof(link->remote_ufrag), negotiate_ufrag(offer));
	params->data = has_data(offer) ? DATA_ACCEPT : DATA_NONE;
	negotiate_tell_media(p, command);
	return STATUS_OK;
}

/* What is published here: by the client's id for it, or the first of this kind that waits. Not
 * every client can choose what its a=msid says. */
static struct rendition *match(struct participant *p, const struct sdp_section *offered)
{
	struct publication *t = participant_publication_by_cid(p, offered->msid_track);
	struct rendition *only = NULL;
	enum media_kind kind = offered->kind == SDP_AUDIO ? MEDIA_AUDIO : MEDIA_VIDEO;
	if (t != NULL) {
		struct rendition *r = publication_rendition(t, offered->msid_track);
		return t->says.kind == kind && !r->live ? r : NULL;
	}
	for (t = p->publications; t != NULL; t = t->next) {
		if (!t->live && t->says.kind == kind)
			only = &t->renditions[0];
	}
	return only;
}

/* A sender takes the first codec of an answer. */
static void choose_codec(
	const struct rendition *r, struct arena *arena, struct sdp_section *answered)
{
	const struct track_description *says = &r->publication->says;
	if (says->kind == MEDIA_VIDEO) {
		if (r->codec != CODEC_COUNT)
			sdp_section_prefer(answered, r->codec);
		return;
	}
	sdp_section_opus(arena, answered, says->stereo, !says->disable_dtx);
	if (says->disable_red || says->encryption != 0)
		sdp_section_without(answered, CODEC_RED);
	else
		sdp_section_prefer(answered, CODEC_RED);
}

static const struct media_codec *first_codec(const struct media_publish *to)
{
	for (unsigned i = 0; i < to->codec_count; i++) {
		if (to->codecs[i].name != CODEC_RED)
			return &to->codecs[i];
	}
	return &to->codecs[0];
}

static void publish(struct participant *p, const struct link *link, struct link_section *section,
	const struct sdp_section *offered, const struct sdp_section *answered)
{
	struct rendition *r = section->in;
	const struct publication *t = r->publication;
	struct media_command *command = media_command_new(MEDIA_PUBLISH);
	struct media_publish *to = &command->u.publish;
	if (sdp_publish_params(offered, answered, to) != STATUS_OK || to->codec_count == 0) {
		media_command_free(&command);
		return;
	}
	to->transport = link->transport;
	to->track = r->id;
	to->muted = t->says.muted;
	to->speaker = t->says.source == SOURCE_MICROPHONE;
	to->screen = t->says.source == SOURCE_SCREEN;
	r->format = *first_codec(to);
	r->codec = r->format.name;
	memcpy(r->mid, section->mid, sizeof(r->mid));
	negotiate_tell_media(p, command);
}

static void end_sending(struct link_section *section)
{
	struct rendition *r = section->in;
	section->in = NULL;
	section->use = SECTION_IDLE;
	if (r != NULL)
		meeting_remove_rendition(r);
}

static void end_receiving(struct link_section *section)
{
	if (section->out != NULL)
		section->out->bound = false;
	section->out = NULL;
	section->use = SECTION_IDLE;
}

static void take_section(struct participant *p, struct link *link, unsigned i,
	const struct sdp_section *offered, struct sdp_section *answered, struct arena *arena)
{
	struct link_section *section = &link->sections[i];
	bool usable = (offered->kind == SDP_AUDIO || offered->kind == SDP_VIDEO) &&
		      !offered->rejected && !answered->rejected;
	bool sends = usable && (offered->direction & SDP_SENDONLY) != 0;
	bool receives = usable && !sends && (offered->direction & SDP_RECVONLY) != 0;
	if (section->use == SECTION_IN && !sends)
		end_sending(section);
	if ((section->use == SECTION_OUT || section->use == SECTION_ENDED) && !receives)
		end_receiving(section);
	section->kind = offered->kind;
	copy(section->mid, sizeof(section->mid), offered->mid);
	if (sends && section->in == NULL) {
		section->in = match(p, offered);
		section->use = section->in == NULL ? SECTION_IDLE : SECTION_IN;
	}
	if (section->use == SECTION_IN) {
		choose_codec(section->in, arena, answered);
		publish(p, link, section, offered, answered);
	}
	if (receives && section->use == SECTION_IDLE)
		section->use = SECTION_FREE;
	if (!receives && section->use == SECTION_FREE)
		section->use = SECTION_IDLE;
}

/* In an order that does not matter: a backup waits for its first one. */
static void announce(struct link *link)
{
	for (unsigned i = 0; i < link->section_count; i++) {
		struct rendition *r = link->sections[i].in;
		if (r != NULL && !r->live && r->format.payload_type != 0)
			meeting_rendition_live(r, r->publication->owner->meeting->now_ms);
	}
}

enum status negotiate_answer(struct participant *participant, struct arena *arena,
	struct str offer_text, struct negotiated *out, const char **why_out)
{
	struct participant *p = participant;
	struct link *link = &p->publisher;
	struct sdp *offer;
	*out = (struct negotiated){0};
	enum status status = sdp_parse(arena, offer_text, &offer, why_out);
	if (status != STATUS_OK)
		return status;
	if (offer->section_count < link->section_count) {
		*why_out = "sections are gone";
		return STATUS_INVALID;
	}
	if (link->transport != 0 && !str_eq_c(negotiate_ufrag(offer), link->remote_ufrag))
		link_new_credentials(link);
	struct sdp_local local = link_local(link, p->meeting->all->fingerprint);
	struct sdp *answer = sdp_answer(arena, offer, &local);
	status = update_transport(p, link, offer, answer);
	if (status != STATUS_OK) {
		*why_out = "no ICE credentials or no fingerprint";
		return status;
	}
	link->section_count = offer->section_count;
	for (unsigned i = 0; i < offer->section_count; i++)
		take_section(p, link, i, &offer->sections[i], &answer->sections[i], arena);
	link->asked = false;
	if (!p->dual) {
		negotiate_bind(p, link, answer);
		negotiate_write_sending(link, answer, arena, out);
		negotiate_start(link, answer);
		negotiate_free_ended(link);
	}
	negotiate_print(p, answer, arena, out);
	announce(link);
	return STATUS_OK;
}

bool negotiate_wanted(struct participant *participant, struct negotiate_wanted *out)
{
	struct link *link = &participant->publisher;
	unsigned unbound[2] = {0, 0}, free[2], ended = 0;
	for (const struct subscription *s = participant->subscriptions; s != NULL; s = s->next)
		unbound[s->publication->says.kind] += !s->bound && !s->refused;
	free[MEDIA_AUDIO] = link_free_sections(link, MEDIA_AUDIO);
	free[MEDIA_VIDEO] = link_free_sections(link, MEDIA_VIDEO);
	for (unsigned i = 0; i < link->section_count; i++)
		ended += link->sections[i].use == SECTION_ENDED;
	if (unbound[0] + unbound[1] == 0)
		link->asked_in_vain = 0;
	if (link->asked || link->transport == 0 || (unbound[0] + unbound[1] + ended == 0))
		return false;
	if (link->asked_in_vain >= ASKS_IN_VAIN || link->section_count + 2 > SDP_MAX_SECTIONS)
		return false;
	link->asked = true;
	link->asked_in_vain++;
	*out = (struct negotiate_wanted){
		unbound[0] > free[0] ? unbound[0] - free[0] : 0,
		unbound[1] > free[1] ? unbound[1] - free[1] : 0,
	};
	return true;
}
