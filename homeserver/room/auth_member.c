/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for m.room.member. */
#include "common/matrix/ids.h"
#include "homeserver/room/auth_rules.h"
#include "homeserver/room/event_refs.h"
#include "homeserver/room/third_party_sign.h"

#define MAX_KEYS_TO_TRY 16

static bool join_rule_is(
	struct str rule, const struct room_version *version, const char *first, const char *second)
{
	if (str_eq_c(rule, "knock_restricted") && !version->knock_restricted)
		return false;
	return str_eq_c(rule, first) || str_eq_c(rule, second);
}

static struct str join_rule(const struct auth *auth)
{
	const struct event *rules = auth_state_find(auth->state, "m.room.join_rules", STR(""));

	/* "invite" is what the specification takes when nothing is said. */
	if (rules == NULL || json_get(rules->content, "join_rule") == NULL)
		return STR("invite");
	return json_str(json_get(rules->content, "join_rule"));
}

/* The only previous event is the create event, and its sender joins. */
static bool is_creators_join(const struct auth *auth)
{
	const struct event *event = auth->event;
	const struct json *prev = event_prev(event);
	struct str creator = auth->create->sender;

	if (event->version->create_names_creator)
		creator = json_str(json_get(auth->create->content, "creator"));
	return json_count(prev) == 1 && str_eq(event_ref(event, prev, 0), auth->create->event_id) &&
	       str_eq(event->state_key, creator);
}

static enum status check_authorised_join(struct auth *auth)
{
	struct str user =
		json_str(json_get(auth->event->content, "join_authorised_via_users_server"));

	if (user.p == NULL)
		return auth_deny(auth, "You are in none of the rooms whose members may join");
	if (auth_membership(auth, user) != MEMBERSHIP_JOIN ||
		auth_level(auth, user) < power_to(&auth->power, "invite"))
		return auth_deny(auth, "The join was authorised by a user who may not invite");
	return STATUS_OK;
}

static enum status check_join(struct auth *auth)
{
	const struct event *event = auth->event;
	enum membership current = auth_membership(auth, event->state_key);
	bool is_welcome = current == MEMBERSHIP_JOIN || current == MEMBERSHIP_INVITE;
	struct str rule = join_rule(auth);

	if (is_creators_join(auth))
		return STATUS_OK;
	if (!str_eq(event->sender, event->state_key))
		return auth_deny(auth, "Nobody can join for somebody else");
	if (current == MEMBERSHIP_BAN)
		return auth_deny(auth, "You are banned from this room");
	if (str_eq_c(rule, "public"))
		return STATUS_OK;
	if (event->version->restricted &&
		join_rule_is(rule, event->version, "restricted", "knock_restricted"))
		return is_welcome ? STATUS_OK : check_authorised_join(auth);
	if (str_eq_c(rule, "invite") || (event->version->knock && str_eq_c(rule, "knock")))
		return is_welcome ? STATUS_OK : auth_deny(auth, "You are not invited to this room");
	return auth_deny(auth, "The rules of this room let nobody join");
}

static enum status check_invite(struct auth *auth)
{
	const struct event *event = auth->event;
	const struct json *third_party = json_get(event->content, "third_party_invite");
	enum membership target = auth_membership(auth, event->state_key);

	if (third_party != NULL)
		return auth_third_party_invite(auth, third_party);
	if (auth_membership(auth, event->sender) != MEMBERSHIP_JOIN)
		return auth_deny(auth, "You are not joined to this room");
	if (target == MEMBERSHIP_JOIN)
		return auth_deny(auth, "The user is in the room already");
	if (target == MEMBERSHIP_BAN)
		return auth_deny(auth, "The user is banned from this room");
	if (auth_level(auth, event->sender) < power_to(&auth->power, "invite"))
		return auth_deny(auth, "You do not have the power to invite");
	return STATUS_OK;
}

static enum status check_leave(struct auth *auth)
{
	const struct event *event = auth->event;
	enum membership target = auth_membership(auth, event->state_key);
	int64_t level = auth_level(auth, event->sender);

	if (str_eq(event->sender, event->state_key)) {
		if (target == MEMBERSHIP_INVITE || target == MEMBERSHIP_JOIN ||
			(target == MEMBERSHIP_KNOCK && event->version->knock))
			return STATUS_OK;
		return auth_deny(auth, "You are not in this room");
	}
	if (auth_membership(auth, event->sender) != MEMBERSHIP_JOIN)
		return auth_deny(auth, "You are not joined to this room");
	if (target == MEMBERSHIP_BAN && level < power_to(&auth->power, "ban"))
		return auth_deny(auth, "You do not have the power to lift the ban");
	if (level < power_to(&auth->power, "kick"))
		return auth_deny(auth, "You do not have the power to remove somebody");
	if (auth_level(auth, event->state_key) >= level)
		return auth_deny(auth, "The user has as much power as you");
	return STATUS_OK;
}

static enum status check_ban(struct auth *auth)
{
	const struct event *event = auth->event;
	int64_t level = auth_level(auth, event->sender);

	if (auth_membership(auth, event->sender) != MEMBERSHIP_JOIN)
		return auth_deny(auth, "You are not joined to this room");
	if (level < power_to(&auth->power, "ban"))
		return auth_deny(auth, "You do not have the power to ban");
	if (auth_level(auth, event->state_key) >= level)
		return auth_deny(auth, "The user has as much power as you");
	return STATUS_OK;
}

static enum status check_knock(struct auth *auth)
{
	const struct event *event = auth->event;

	if (!join_rule_is(join_rule(auth), event->version, "knock", "knock_restricted"))
		return auth_deny(auth, "This room does not take knocks");
	if (!str_eq(event->sender, event->state_key))
		return auth_deny(auth, "Nobody can knock for somebody else");
	switch (auth_membership(auth, event->sender)) {
	case MEMBERSHIP_BAN:
		return auth_deny(auth, "You are banned from this room");
	case MEMBERSHIP_INVITE:
		return auth_deny(auth, "You are invited to this room already");
	case MEMBERSHIP_JOIN:
		return auth_deny(auth, "You are in this room already");
	case MEMBERSHIP_NONE:
	case MEMBERSHIP_KNOCK:
	case MEMBERSHIP_LEAVE:
		break;
	}
	return STATUS_OK;
}

/* Whether the server of the user that authorises a restricted join has signed. */
static bool authorising_server_signed(const struct event *event, const struct json *user)
{
	struct matrix_id id;

	return user_id_parse(json_str(user), &id) == STATUS_OK &&
	       json_count(json_get_str(json_get(event->pdu, "signatures"), id.server)) > 0;
}

enum status auth_member(struct auth *auth)
{
	const struct event *event = auth->event;
	const struct json *authorising =
		json_get(event->content, "join_authorised_via_users_server");
	struct matrix_id target;

	if (!event_is_state(event) || user_id_parse(event->state_key, &target) != STATUS_OK)
		return auth_deny(auth, "The state key of a membership is a user id");
	if (event->version->restricted && authorising != NULL &&
		!authorising_server_signed(event, authorising))
		return auth_deny(auth, "The join is not signed by the server that authorises it");
	switch (membership_parse(json_str(json_get(event->content, "membership")))) {
	case MEMBERSHIP_JOIN:
		return check_join(auth);
	case MEMBERSHIP_INVITE:
		return check_invite(auth);
	case MEMBERSHIP_LEAVE:
		return check_leave(auth);
	case MEMBERSHIP_BAN:
		return check_ban(auth);
	case MEMBERSHIP_KNOCK:
		if (event->version->knock)
			return check_knock(auth);
		break;
	case MEMBERSHIP_NONE:
		break;
	}
	return auth_deny(auth, "The membership is not known");
}

static bool any_key_verifies(const struct json *invite_content, const struct json *signed_object)
{
	const struct json *keys = json_get(invite_content, "public_keys");

	if (third_party_sign_ok(signed_object, json_str(json_get(invite_content, "public_key"))))
		return true;
	for (size_t i = 0; i < json_count(keys) && i < MAX_KEYS_TO_TRY; i++)
		if (third_party_sign_ok(
			    signed_object, json_str(json_get(json_at(keys, i), "public_key"))))
			return true;
	return false;
}

enum status auth_third_party_invite(struct auth *auth, const struct json *invite)
{
	const struct json *signed_object = json_get(invite, "signed");
	struct str mxid = json_str(json_get(signed_object, "mxid"));
	struct str token = json_str(json_get(signed_object, "token"));
	const struct event *source;

	if (auth_membership(auth, auth->event->state_key) == MEMBERSHIP_BAN)
		return auth_deny(auth, "The user is banned from this room");
	if (mxid.p == NULL || token.p == NULL)
		return auth_deny(auth, "The third-party invite is not signed");
	if (!str_eq(mxid, auth->event->state_key))
		return auth_deny(auth, "The third-party invite is for another user");
	source = auth_state_find(auth->state, "m.room.third_party_invite", token);
	if (source == NULL)
		return auth_deny(auth, "The third-party invite is not known in this room");
	if (!str_eq(source->sender, auth->event->sender))
		return auth_deny(auth, "The third-party invite was made by another user");
	if (!any_key_verifies(source->content, signed_object))
		return auth_deny(auth, "The signature of the third-party invite is wrong");
	return STATUS_OK;
}
