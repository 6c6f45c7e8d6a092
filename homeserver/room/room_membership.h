/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of membership that users ask for (client-server API, "Room membership"). */
#ifndef PARVIS_HOMESERVER_ROOM_MEMBERSHIP_H
#define PARVIS_HOMESERVER_ROOM_MEMBERSHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"

enum member_action {
	MEMBER_JOIN,
	MEMBER_INVITE,
	MEMBER_KNOCK,
	MEMBER_LEAVE, /* also: refuse an invite, take a knock back */
	MEMBER_KICK,
	MEMBER_BAN,
	MEMBER_UNBAN,
};

struct member_request {
	enum member_action action;
	struct str room_id;
	struct str sender;
	struct str target; /* the sender for join, knock and leave */
	struct str reason; /* p == NULL: none */
	bool is_direct;	   /* of an invite */
	/* With a join: what answers an invite to an address (room/third_party_invite.h); or NULL. */
	const struct json *third_party_signed;
	int64_t origin_server_ts; /* 0: now */
};

/*
 * Sends the member event, with the target's profile where it is told. Who is joined already and
 * joins again gets the event there is. For a restricted room it looks for somebody who may let
 * the user in. Statuses as room_send().
 */
MUST_CHECK enum status room_membership(struct db_tx *tx, const struct member_request *request,
	struct event **event_out, const char **why_out) REQUIRES(on_writer);

/* Content of a member event of a user with their profile, JSON text in the arena. */
struct member_content {
	struct str membership;
	struct str user_id; /* whose profile; empty: none is told */
	struct str reason;
	struct str authorised_via; /* empty: none */
	bool is_direct;
};
MUST_CHECK enum status room_member_content(struct db *db, struct arena *arena,
	const struct member_content *member, struct str *json_out);

#endif
