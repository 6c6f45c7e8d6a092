/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_membership.h"

#include "homeserver/homeserver.h"
#include "homeserver/room/event_hash.h"
#include "homeserver/room/guest_access.h"
#include "homeserver/room/restricted_join.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/room_send.h"
#include "homeserver/room/third_party_invite.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/profile_store.h"

static enum membership membership_after(enum member_action action)
{
	switch (action) {
	case MEMBER_JOIN:
		return MEMBERSHIP_JOIN;
	case MEMBER_INVITE:
		return MEMBERSHIP_INVITE;
	case MEMBER_KNOCK:
		return MEMBERSHIP_KNOCK;
	case MEMBER_BAN:
		return MEMBERSHIP_BAN;
	case MEMBER_LEAVE:
	case MEMBER_KICK:
	case MEMBER_UNBAN:
		break;
	}
	return MEMBERSHIP_LEAVE;
}

static bool tells_profile(enum membership membership)
{
	return membership == MEMBERSHIP_JOIN || membership == MEMBERSHIP_INVITE ||
	       membership == MEMBERSHIP_KNOCK;
}

enum status room_member_content(struct db *db, struct arena *arena,
	const struct member_content *member, struct str *json_out)
{
	struct profile profile = {STR_EMPTY, STR_EMPTY};
	BUF_SCOPE(text, EVENT_MAX_BYTES);
	struct json_writer w;

	if (member->user_id.n != 0) {
		enum status status = profile_get(db, arena, member->user_id, &profile);

		if (status != STATUS_OK && status != STATUS_NOT_FOUND)
			return status;
	}
	jw_init(&w, &text);
	jw_object(&w);
	jw_put_str(&w, "membership", member->membership);
	if (profile.displayname.p != NULL)
		jw_put_str(&w, "displayname", profile.displayname);
	if (profile.avatar_url.p != NULL)
		jw_put_str(&w, "avatar_url", profile.avatar_url);
	if (member->reason.p != NULL)
		jw_put_str(&w, "reason", member->reason);
	if (member->is_direct)
		jw_put_bool(&w, "is_direct", true);
	if (member->authorised_via.n != 0)
		jw_put_str(&w, "join_authorised_via_users_server", member->authorised_via);
	jw_object_end(&w);
	*json_out = arena_str(arena, buf_str(&text));
	return buf_status(&text);
}

/* What the authorisation rules let pass, but the endpoints' meaning does not. */
static enum status check_meaning(
	const struct member_request *request, enum membership current, const char **why)
{
	if (request->action == MEMBER_UNBAN && current != MEMBERSHIP_BAN) {
		*why = "The user is not banned from this room";
		return STATUS_DENIED;
	}
	if (request->action == MEMBER_KICK && !tells_profile(current)) {
		*why = "The user is not in this room";
		return STATUS_DENIED;
	}
	return STATUS_OK;
}

static enum status send(struct db_tx *tx, const struct member_request *request,
	struct event **event_out, const char **why_out) REQUIRES(on_writer)
{
	const struct homeserver *hs = homeserver_of(tx);
	enum membership membership = membership_after(request->action);
	struct member_content content = {
		.membership = membership_name(membership),
		.user_id = tells_profile(membership) ? request->target : STR_EMPTY,
		.reason = request->reason,
		.is_direct = request->is_direct,
	};
	struct event_draft draft = {
		.room_id = request->room_id,
		.sender = request->sender,
		.type = STR("m.room.member"),
		.state_key = request->target,
		.origin_server_ts = request->origin_server_ts,
	};
	enum status status = STATUS_OK;

	if (request->action == MEMBER_JOIN) {
		status = guest_access_check(tx->db, tx->arena, request->room_id, request->target);
		if (status == STATUS_DENIED)
			*why_out = "Guests may not join this room";
	}
	if (status == STATUS_OK && request->action == MEMBER_JOIN)
		status = restricted_join_find(tx->db, tx->arena, request->room_id, request->target,
			hs->server_name, &content.authorised_via);
	if (status == STATUS_OK)
		status = room_member_content(tx->db, tx->arena, &content, &draft.content);
	if (status == STATUS_OK)
		status = room_send(tx, &draft, event_out, why_out);
	return status;
}

enum status room_membership(struct db_tx *tx, const struct member_request *request,
	struct event **event_out, const char **why_out)
{
	const char *why = NULL;
	enum membership current;
	enum status status = membership_get(tx->db, request->room_id, request->target, &current);

	if (status == STATUS_OK && request->action == MEMBER_JOIN && current == MEMBERSHIP_JOIN)
		return room_state_get(tx->db, tx->arena, request->room_id, STR("m.room.member"),
			request->target, STATE_NOW, event_out);
	if (status == STATUS_OK)
		status = check_meaning(request, current, &why);
	if (status == STATUS_OK && request->action == MEMBER_JOIN &&
		request->third_party_signed != NULL && current != MEMBERSHIP_INVITE)
		status = third_party_invite_exchange(
			tx, request->room_id, request->target, request->third_party_signed, &why);
	if (status == STATUS_OK)
		status = send(tx, request, event_out, &why);
	if (status != STATUS_OK && why_out != NULL)
		*why_out = why;
	return status;
}
