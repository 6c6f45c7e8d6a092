/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/auth.h"

#include "common/matrix/ids.h"
#include "homeserver/room/auth_rules.h"

const struct event *auth_state_find(
	const struct auth_state *state, const char *type, struct str state_key)
{
	for (size_t i = 0; i < state->count; i++) {
		const struct event *event = state->events[i];

		if (event_is_state(event) && str_eq_c(event->type, type) &&
			str_eq(event->state_key, state_key))
			return event;
	}
	return NULL;
}

static void key_add(struct auth_key *keys, size_t *count, const char *type, struct str state_key)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(keys[i].type, type) == 0 && str_eq(keys[i].state_key, state_key))
			return;
	keys[(*count)++] = (struct auth_key){type, state_key};
}

static void member_keys(const struct auth_subject *subject, struct auth_key *keys, size_t *count)
{
	enum membership membership =
		membership_parse(json_str(json_get(subject->content, "membership")));
	struct str authorising =
		json_str(json_get(subject->content, "join_authorised_via_users_server"));
	struct str token = json_str(
		json_path(subject->content, "third_party_invite", "signed", "token", NULL));

	if (subject->state_key.p != NULL)
		key_add(keys, count, "m.room.member", subject->state_key);
	if (membership == MEMBERSHIP_JOIN || membership == MEMBERSHIP_INVITE ||
		membership == MEMBERSHIP_KNOCK)
		key_add(keys, count, "m.room.join_rules", STR(""));
	if (membership == MEMBERSHIP_INVITE && token.p != NULL)
		key_add(keys, count, "m.room.third_party_invite", token);
	if (membership == MEMBERSHIP_JOIN && authorising.p != NULL && subject->version->restricted)
		key_add(keys, count, "m.room.member", authorising);
}

size_t auth_keys(const struct auth_subject *subject, struct auth_key keys[AUTH_KEYS_MAX])
{
	size_t count = 0;

	if (str_eq_c(subject->type, "m.room.create"))
		return 0;
	if (subject->version->create_in_auth_events)
		key_add(keys, &count, "m.room.create", STR(""));
	key_add(keys, &count, "m.room.power_levels", STR(""));
	key_add(keys, &count, "m.room.member", subject->sender);
	if (str_eq_c(subject->type, "m.room.member"))
		member_keys(subject, keys, &count);
	return count;
}

enum membership auth_membership(const struct auth *auth, struct str user_id)
{
	const struct event *member = auth_state_find(auth->state, "m.room.member", user_id);

	return member == NULL ? MEMBERSHIP_NONE
			      : membership_parse(json_str(json_get(member->content, "membership")));
}

static bool user_ids_only(const struct json *list)
{
	struct matrix_id id;

	if (!json_is(list, JSON_ARRAY))
		return false;
	for (size_t i = 0; i < json_count(list); i++)
		if (user_id_parse(json_str(json_at(list, i)), &id) != STATUS_OK)
			return false;
	return true;
}

/* The server part of a room or event id of the older form; empty when there is none. */
static struct str id_server(struct str id)
{
	ptrdiff_t colon = str_index(id, ':');

	return colon < 0 ? STR_EMPTY : str_skip(id, (size_t)colon + 1);
}

static enum status check_create(struct auth *auth)
{
	const struct event *event = auth->event;
	const struct room_version *version = event->version;
	const struct json *content = event->content;
	struct matrix_id sender;

	if (json_count(json_get(event->pdu, "prev_events")) != 0)
		return auth_deny(auth, "A room can be created only once");
	if (user_id_parse(event->sender, &sender) != STATUS_OK)
		return auth_deny(auth, "The sender of the create event is not a user");
	if (version->room_id_is_hash && json_get(event->pdu, "room_id") != NULL)
		return auth_deny(auth, "The create event of this room version has no room id");
	if (!version->room_id_is_hash && !str_eq(id_server(event->room_id), sender.server))
		return auth_deny(auth, "The room id is not of the creator's server");
	if (json_get(content, "room_version") != NULL &&
		room_version_find(json_str(json_get(content, "room_version"))) == NULL)
		return auth_deny(auth, "The room version is not known");
	if (version->create_names_creator && json_get(content, "creator") == NULL)
		return auth_deny(auth, "The create event does not name its creator");
	if (version->creators_have_all_power && json_get(content, "additional_creators") != NULL &&
		!user_ids_only(json_get(content, "additional_creators")))
		return auth_deny(auth, "additional_creators must be a list of user ids");
	return STATUS_OK;
}

static enum status check_federation(struct auth *auth)
{
	struct matrix_id sender, creator;

	if (user_id_parse(auth->event->sender, &sender) != STATUS_OK)
		return auth_deny(auth, "The sender is not a user");
	if (json_bool(json_get(auth->create->content, "m.federate"), true))
		return STATUS_OK;
	if (user_id_parse(auth->create->sender, &creator) != STATUS_OK ||
		!str_eq(sender.server, creator.server))
		return auth_deny(auth, "This room is closed to other servers");
	return STATUS_OK;
}

/* m.room.aliases of old versions: a state key that is the sender's server, and no more. */
static enum status check_aliases(struct auth *auth)
{
	struct matrix_id sender;

	if (!event_is_state(auth->event) ||
		user_id_parse(auth->event->sender, &sender) != STATUS_OK ||
		!str_eq(sender.server, auth->event->state_key))
		return auth_deny(auth, "Aliases can be told for one's own server only");
	return STATUS_OK;
}

/* The oldest versions let a server redact what it has named, whoever sent it. */
static enum status check_redaction(struct auth *auth)
{
	const struct event *event = auth->event;

	if (auth_level(auth, event->sender) >= power_to(&auth->power, "redact"))
		return STATUS_OK;
	if (event->redacts.n != 0 && str_eq(id_server(event->redacts), id_server(event->event_id)))
		return STATUS_OK;
	return auth_deny(auth, "You do not have the power to redact what others have sent");
}

static enum status check_sent_by_member(struct auth *auth)
{
	const struct event *event = auth->event;
	int64_t level = auth_level(auth, event->sender);

	if (auth_membership(auth, event->sender) != MEMBERSHIP_JOIN)
		return auth_deny(auth, "You are not joined to this room");
	if (str_eq_c(event->type, "m.room.third_party_invite"))
		return level >= power_to(&auth->power, "invite")
			       ? STATUS_OK
			       : auth_deny(auth, "You do not have the power to invite");
	if (power_to_send(&auth->power, event->type, event_is_state(event)) > level)
		return auth_deny(auth, "You do not have the power to send this event");
	if (event_is_state(event) && str_starts(event->state_key, STR("@")) &&
		!str_eq(event->state_key, event->sender))
		return auth_deny(auth, "State under a user's id can be set by that user only");
	if (str_eq_c(event->type, "m.room.power_levels"))
		return auth_power_levels(auth);
	if (event->version->redactions_authorised && str_eq_c(event->type, "m.room.redaction"))
		return check_redaction(auth);
	return STATUS_OK;
}

static enum status check_all(struct auth *auth)
{
	const struct event *event = auth->event;
	enum status status;

	if (str_eq_c(event->type, "m.room.create"))
		return check_create(auth);
	if (auth->create == NULL)
		return auth_deny(auth, "The room has no create event");
	if (event->version->room_id_is_hash &&
		!str_eq(str_skip(event->room_id, 1), str_skip(auth->create->event_id, 1)))
		return auth_deny(auth, "The room id is not that of the create event");
	status = check_federation(auth);
	if (status != STATUS_OK)
		return status;
	if (event->version->aliases_have_own_rule && str_eq_c(event->type, "m.room.aliases"))
		return check_aliases(auth);
	if (str_eq_c(event->type, "m.room.member"))
		return auth_member(auth);
	return check_sent_by_member(auth);
}

enum status auth_check(
	const struct event *event, const struct auth_state *state, const char **why_out)
{
	struct auth auth = {.event = event, .state = state};

	auth.create = auth_state_find(state, "m.room.create", STR(""));
	auth.power_levels = auth_state_find(state, "m.room.power_levels", STR(""));
	auth.power = power_of(event->version, auth.create, auth.power_levels);
	enum status status = check_all(&auth);
	if (status != STATUS_OK && why_out != NULL)
		*why_out = auth.why;
	return status;
}

static bool is_expected(const struct auth_key *keys, size_t count, const struct event *event)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_c(event->type, keys[i].type) &&
			str_eq(event->state_key, keys[i].state_key))
			return true;
	return false;
}

static enum status check_cited(
	struct auth *auth, const struct event *const *cited, size_t count, bool *has_create_out)
{
	const struct event *event = auth->event;
	struct auth_key keys[AUTH_KEYS_MAX];
	struct auth_subject subject = {
		event->version, event->type, event->sender, event->state_key, event->content};
	size_t expected = auth_keys(&subject, keys);

	*has_create_out = false;
	/* Checked before the quadratic search for duplicates: more than the selection can give
	 * cannot be without one. */
	if (count > expected)
		return auth_deny(auth, "The event cites too many auth events");
	for (size_t i = 0; i < count; i++) {
		if (!event_is_state(cited[i]) || !is_expected(keys, expected, cited[i]))
			return auth_deny(
				auth, "The event cites an auth event that has no part in it");
		if (!str_eq(cited[i]->room_id, event->room_id))
			return auth_deny(auth, "The event cites an auth event of another room");
		for (size_t j = 0; j < i; j++)
			if (str_eq(cited[i]->type, cited[j]->type) &&
				str_eq(cited[i]->state_key, cited[j]->state_key))
				return auth_deny(
					auth, "The event cites two auth events of one key");
		if (str_eq_c(cited[i]->type, "m.room.create"))
			*has_create_out = true;
	}
	return STATUS_OK;
}

enum status auth_check_cited(const struct event *event, const struct event *const *cited,
	size_t count, const char **why_out)
{
	struct auth auth = {.event = event};
	bool has_create;
	enum status status = check_cited(&auth, cited, count, &has_create);

	if (status == STATUS_OK && event->version->create_in_auth_events && !has_create &&
		!str_eq_c(event->type, "m.room.create"))
		status = auth_deny(&auth, "The event does not cite the create event");
	if (status != STATUS_OK && why_out != NULL)
		*why_out = auth.why;
	return status;
}
