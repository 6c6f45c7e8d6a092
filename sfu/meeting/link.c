/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/meeting/link.h"

#include <stdio.h>

#include "common/crypto/secret.h"

#define UFRAG_CHARACTERS 12
#define PWD_CHARACTERS	 32

void link_new_credentials(struct link *link)
{
	ARENA_SCOPE(arena);
	struct str ufrag = secret_token(arena, UFRAG_CHARACTERS);
	struct str pwd = secret_token(arena, PWD_CHARACTERS);
	(void)snprintf(link->ufrag, sizeof(link->ufrag), "%.*s", STR_FMT(ufrag));
	(void)snprintf(link->pwd, sizeof(link->pwd), "%.*s", STR_FMT(pwd));
}

void link_init(struct link *link)
{
	*link = (struct link){0};
	secret_random(&link->session_id, sizeof(link->session_id));
	link->session_id >>= 2;
	link_new_credentials(link);
}

struct sdp_local link_local(struct link *link, const char *fingerprint)
{
	return (struct sdp_local){
		.session_id = link->session_id,
		.session_version = ++link->session_version,
		.ufrag = str_c(link->ufrag),
		.pwd = str_c(link->pwd),
		.fingerprint = fingerprint,
	};
}

unsigned link_free_sections(const struct link *link, enum media_kind kind)
{
	unsigned count = 0;
	enum sdp_kind wanted = kind == MEDIA_AUDIO ? SDP_AUDIO : SDP_VIDEO;
	for (unsigned i = 0; i < link->section_count; i++)
		count += link->sections[i].use == SECTION_FREE && link->sections[i].kind == wanted;
	return count;
}

struct link_section *link_section_of(struct link *link, const struct subscription *subscription)
{
	for (unsigned i = 0; i < link->section_count; i++) {
		if (link->sections[i].out == subscription)
			return &link->sections[i];
	}
	return NULL;
}
