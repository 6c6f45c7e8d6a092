/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/restricted_join.h"

#include "common/json/json.h"
#include "common/matrix/ids.h"
#include "homeserver/room/power.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/membership_store.h"

/* So many rooms of a join rule are looked at. */
#define MAX_ALLOWED_ROOMS 100

static bool rule_is_restricted(const struct event *rules)
{
	struct str rule = STR_EMPTY;

	if (rules != NULL)
		rule = json_str(json_get(rules->content, "join_rule"));
	return str_eq_c(rule, "restricted") || str_eq_c(rule, "knock_restricted");
}

static enum status is_in_allowed_room(
	struct db *db, const struct event *rules, struct str user_id, bool *out)
{
	const struct json *allow = json_get(rules->content, "allow");

	*out = false;
	for (size_t i = 0; i < json_count(allow) && i < MAX_ALLOWED_ROOMS && !*out; i++) {
		const struct json *entry = json_at(allow, i);
		struct str room_id = json_str(json_get(entry, "room_id"));
		enum membership membership;
		enum status status;

		if (!str_eq_c(json_str(json_get(entry, "type")), "m.room_membership") ||
			room_id.n == 0)
			continue;
		status = membership_get(db, room_id, user_id, &membership);
		if (status != STATUS_OK)
			return status;
		*out = membership == MEMBERSHIP_JOIN;
	}
	return STATUS_OK;
}

static bool is_local(struct str user_id, struct str server_name)
{
	struct matrix_id id;

	return user_id_parse(user_id, &id) == STATUS_OK && str_eq(id.server, server_name);
}

static enum status find_inviter(struct db *db, struct arena *arena, struct str room_id,
	struct str server_name, struct str *out)
{
	struct power power;
	struct str_list users;
	enum status status = power_load(db, arena, room_id, &power);

	if (status == STATUS_OK)
		status = membership_joined_users(db, arena, room_id, &users);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < users.count; i++) {
		if (is_local(users.items[i], server_name) &&
			power_of_user(&power, users.items[i]) >= power_to(&power, "invite")) {
			*out = users.items[i];
			break;
		}
	}
	return STATUS_OK;
}

enum status restricted_join_allows(
	struct db *db, struct arena *arena, struct str room_id, struct str user_id, bool *out)
{
	struct event *rules;
	enum status status = room_state_find(
		db, arena, room_id, STR("m.room.join_rules"), STR(""), STATE_NOW, &rules);

	*out = false;
	if (status != STATUS_OK || !rule_is_restricted(rules))
		return status;
	return is_in_allowed_room(db, rules, user_id, out);
}

enum status restricted_join_find(struct db *db, struct arena *arena, struct str room_id,
	struct str user_id, struct str server_name, struct str *authorising_out)
{
	enum membership membership;
	bool allowed = false;
	enum status status = membership_get(db, room_id, user_id, &membership);

	*authorising_out = STR_EMPTY;
	if (status != STATUS_OK || membership == MEMBERSHIP_INVITE || membership == MEMBERSHIP_JOIN)
		return status;
	status = restricted_join_allows(db, arena, room_id, user_id, &allowed);
	if (status == STATUS_OK && allowed)
		status = find_inviter(db, arena, room_id, server_name, authorising_out);
	return status;
}
