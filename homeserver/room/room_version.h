/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What distinguishes room versions, as one table (specification, "Room Versions"). Code asks for a
 * property, never for a number; another version is another row.
 */
#ifndef PARVIS_HOMESERVER_ROOM_VERSION_H
#define PARVIS_HOMESERVER_ROOM_VERSION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

enum event_id_form {
	EVENT_ID_GIVEN,	   /* "$opaque:server", chosen by the server and a member of the event; what
			      an event refers to is named with its reference hash beside the id */
	EVENT_ID_HASH,	   /* "$" and the reference hash in standard base64 */
	EVENT_ID_HASH_URL, /* the same in the URL-safe alphabet */
};

enum state_resolution {
	STATE_RESOLUTION_1,
	STATE_RESOLUTION_2,
	STATE_RESOLUTION_2_1, /* starts from nothing, adds the conflicted subgraph */
};

struct room_version {
	struct str name;
	enum event_id_form event_id_form;
	enum state_resolution state_resolution;

	/* Format. */
	bool strict_json;	    /* no fractions, integers within ±(2^53 − 1) */
	bool key_validity_enforced; /* a signing key must have been valid when the event was made */
	bool room_id_is_hash;	    /* "!" and the create event's hash; the event has no room_id */
	bool create_in_auth_events; /* else the room id implies it */
	bool redacts_in_content;    /* else at the top level of the event */

	/* Authorisation. */
	bool create_names_creator;    /* content.creator */
	bool creators_have_all_power; /* creator and additional_creators; not listed in users */
	bool levels_are_integers;     /* else strings of digits pass as well */
	bool levels_may_be_real;      /* and so do fractions, cut at the point */
	bool notifications_checked;   /* in changes of power levels */
	bool aliases_have_own_rule;   /* m.room.aliases: state key is the sender's server */
	bool redactions_authorised; /* by level or the event ids' servers; else judged when applied */
	bool knock;
	bool restricted;
	bool knock_restricted;

	/* What redaction keeps. */
	bool keeps_aliases;	      /* m.room.aliases: aliases */
	bool keeps_legacy_fields;     /* origin, membership, prev_state at the top level */
	bool keeps_join_rule_allow;   /* m.room.join_rules: allow */
	bool keeps_join_authorised;   /* m.room.member: join_authorised_via_users_server */
	bool keeps_third_party_sign;  /* m.room.member: third_party_invite.signed */
	bool keeps_whole_create;      /* else creator only */
	bool keeps_invite_level;      /* m.room.power_levels: invite */
	bool keeps_redaction_redacts; /* m.room.redaction: redacts */
};

#define ROOM_VERSION_DEFAULT "12"

/* NULL when the version is unknown here. */
const struct room_version *room_version_find(struct str name);
/* All rows, oldest first, for /capabilities. All of them are stable. */
const struct room_version *room_version_all(size_t *count_out);

#endif
