/* SPDX-License-Identifier: Apache-2.0 */
/* We offer, the client answers: what it receives on the second of two peer connections. */
#include <stdio.h>

#include "sfu/meeting/negotiate_common.h"

static void add_section(struct link *link, enum sdp_kind kind)
{
	struct link_section *section = &link->sections[link->section_count];
	*section = (struct link_section){
		.kind = kind, .use = kind == SDP_APPLICATION ? SECTION_IDLE : SECTION_FREE};
	(void)snprintf(section->mid, sizeof(section->mid), "%u", link->section_count);
	link->section_count++;
}

static void add_sections(struct participant *p, struct link *link)
{
	if (link->section_count == 0)
		add_section(link, SDP_APPLICATION);
	negotiate_bind(p, link, NULL);
	for (const struct subscription *s = p->subscriptions; s != NULL; s = s->next) {
		if (!s->bound && !s->refused && link->section_count < SDP_MAX_SECTIONS)
			add_section(link,
				s->publication->says.kind == MEDIA_AUDIO ? SDP_AUDIO : SDP_VIDEO);
	}
	negotiate_bind(p, link, NULL);
}

/* As far as we know it: the peer's half comes with its answer. */
static void update_transport(struct participant *p, struct link *link)
{
	bool first = link->transport == 0;
	if (!first && !link->restart)
		return;
	if (first)
		link->transport = meetings_next_id(p->meeting->all);
	else
		link_new_credentials(link);
	link->restart = false;
	struct media_command *command =
		media_command_new(first ? MEDIA_OPEN_TRANSPORT : MEDIA_UPDATE_TRANSPORT);
	command->meeting = p->meeting->id;
	command->transport = link->transport;
	command->u.params.participant = p->id;
	command->u.params.data = DATA_OPEN;
	memcpy(command->u.params.local_ufrag, link->ufrag, sizeof(link->ufrag));
	memcpy(command->u.params.local_pwd, link->pwd, sizeof(link->pwd));
	negotiate_tell_media(p, command);
}

bool negotiate_offer(struct participant *participant, struct arena *arena, struct negotiated *out)
{
	struct participant *p = participant;
	struct link *link = &p->subscriber;
	*out = (struct negotiated){0};
	if (link->offer_out) {
		link->offer_again = true;
		return false;
	}
	update_transport(p, link);
	add_sections(p, link);
	struct sdp_local local = link_local(link, p->meeting->all->fingerprint);
	struct sdp *offer = sdp_offer(arena, &local);
	for (unsigned i = 0; i < link->section_count; i++) {
		struct sdp_section *section;
		if (sdp_offer_section(arena, offer, &local, link->sections[i].kind,
			    str_c(link->sections[i].mid), &section) != STATUS_OK)
			return false;
	}
	negotiate_write_sending(link, offer, arena, out);
	negotiate_print(p, offer, arena, out);
	link->offer_out = true;
	link->offer_again = false;
	out->id = ++link->offer_id;
	return true;
}

enum status negotiate_accept(struct participant *participant, struct arena *arena,
	struct str answer_text, uint32_t id, const char **why_out)
{
	struct participant *p = participant;
	struct link *link = &p->subscriber;
	struct sdp *answer;
	if (!link->offer_out || (id != 0 && id != link->offer_id))
		return STATUS_NOT_FOUND;
	enum status status = sdp_parse(arena, answer_text, &answer, why_out);
	if (status != STATUS_OK)
		return status;
	struct media_command *command = media_command_new(MEDIA_UPDATE_TRANSPORT);
	status = sdp_transport_params(answer, answer, &command->u.params);
	if (status != STATUS_OK) {
		*why_out = "no ICE credentials or no fingerprint";
		media_command_free(&command);
		return status;
	}
	command->meeting = p->meeting->id;
	command->transport = link->transport;
	command->u.params.participant = p->id;
	command->u.params.data = DATA_OPEN;
	negotiate_tell_media(p, command);
	negotiate_start(link, answer);
	negotiate_free_ended(link);
	link->offer_out = false;
	return STATUS_OK;
}
