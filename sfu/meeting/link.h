/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One peer connection of a participant, as its descriptions have it: which section carries what.
 * Sections are never removed (RFC 8829): one that has lost its track is ENDED until an answer has
 * said so, and FREE for another after that.
 */
#ifndef PARVIS_SFU_LINK_H
#define PARVIS_SFU_LINK_H

#include "sfu/media/sdp.h"

struct rendition;
struct subscription;

enum section_use {
	SECTION_IDLE,  /* nothing: data, a kind that we do not know, a sender that we do not */
	SECTION_FREE,  /* the peer would receive something here */
	SECTION_IN,    /* the peer sends `in` */
	SECTION_OUT,   /* the peer receives `out` */
	SECTION_ENDED, /* the peer received something that is gone */
};

struct link_section {
	enum sdp_kind kind;
	char mid[MEDIA_ID_MAX + 1];
	enum section_use use;
	struct rendition *in;
	struct subscription *out;
	bool said; /* ENDED, and a description of ours has said so */
};

struct link {
	uint64_t transport; /* media's; 0: not opened */
	char ufrag[MEDIA_UFRAG_MAX + 1];
	char pwd[MEDIA_PWD_MAX + 1];
	char remote_ufrag[MEDIA_UFRAG_MAX + 1];
	uint64_t session_id, session_version;
	bool connected;
	bool lost; /* was connected */
	struct link_section sections[SDP_MAX_SECTIONS];
	unsigned section_count;

	/* When we offer: the subscriber's connection of two. */
	uint32_t offer_id;
	bool offer_out;	  /* not answered yet */
	bool offer_again; /* something has changed since */
	bool restart;	  /* the next offer has new ICE credentials */

	/* When the client offers: sections that we asked it for, until its next offer. */
	bool asked;
	unsigned asked_in_vain;
};

/* A session id, and credentials that are unique in the program. */
void link_init(struct link *link);
void link_new_credentials(struct link *link);
/* What sdp_answer() and sdp_offer() want; counts the version up. Borrows. */
struct sdp_local link_local(struct link *link, const char *fingerprint);
unsigned link_free_sections(const struct link *link, enum media_kind kind);
struct link_section *link_section_of(struct link *link, const struct subscription *subscription);

#endif
