/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_version.h"

static const struct room_version versions[] = {
	{
		.name = STR_INIT("10"),
		.event_id_form = EVENT_ID_HASH_URL,
		.state_resolution = STATE_RESOLUTION_2,
		.create_in_auth_events = true,
		.create_names_creator = true,
		.levels_are_integers = true,
		.notifications_checked = true,
		.knock = true,
		.restricted = true,
		.knock_restricted = true,
		.keeps_legacy_fields = true,
		.keeps_join_rule_allow = true,
		.keeps_join_authorised = true,
	},
	{
		.name = STR_INIT("11"),
		.event_id_form = EVENT_ID_HASH_URL,
		.state_resolution = STATE_RESOLUTION_2,
		.create_in_auth_events = true,
		.redacts_in_content = true,
		.levels_are_integers = true,
		.notifications_checked = true,
		.knock = true,
		.restricted = true,
		.knock_restricted = true,
		.keeps_join_rule_allow = true,
		.keeps_join_authorised = true,
		.keeps_third_party_sign = true,
		.keeps_whole_create = true,
		.keeps_invite_level = true,
		.keeps_redaction_redacts = true,
	},
	{
		.name = STR_INIT("12"),
		.event_id_form = EVENT_ID_HASH_URL,
		.state_resolution = STATE_RESOLUTION_2_1,
		.room_id_is_hash = true,
		.creators_have_all_power = true,
		.redacts_in_content = true,
		.levels_are_integers = true,
		.notifications_checked = true,
		.knock = true,
		.restricted = true,
		.knock_restricted = true,
		.keeps_join_rule_allow = true,
		.keeps_join_authorised = true,
		.keeps_third_party_sign = true,
		.keeps_whole_create = true,
		.keeps_invite_level = true,
		.keeps_redaction_redacts = true,
	},
};

const struct room_version *room_version_find(struct str name)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (str_eq(versions[i].name, name))
			return &versions[i];
	return NULL;
}

const struct room_version *room_version_all(size_t *count_out)
{
	*count_out = sizeof(versions) / sizeof(versions[0]);
	return versions;
}
