/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/room_version.h"

/* Each property once, with the versions that have it. */
#define VERSION(n)                                                      \
	{                                                               \
		.name = STR_INIT(#n),                                   \
		.event_id_form = (n) <= 2   ? EVENT_ID_GIVEN            \
				 : (n) == 3 ? EVENT_ID_HASH             \
					    : EVENT_ID_HASH_URL,        \
		.state_resolution = (n) == 1	? STATE_RESOLUTION_1    \
				    : (n) <= 11 ? STATE_RESOLUTION_2    \
						: STATE_RESOLUTION_2_1, \
		.strict_json = (n) >= 6,                                \
		.key_validity_enforced = (n) >= 5,                      \
		.room_id_is_hash = (n) >= 12,                           \
		.create_in_auth_events = (n) <= 11,                     \
		.redacts_in_content = (n) >= 11,                        \
		.create_names_creator = (n) <= 10,                      \
		.creators_have_all_power = (n) >= 12,                   \
		.levels_are_integers = (n) >= 10,                       \
		.levels_may_be_real = (n) <= 5,                         \
		.notifications_checked = (n) >= 6,                      \
		.aliases_have_own_rule = (n) <= 5,                      \
		.redactions_authorised = (n) <= 2,                      \
		.knock = (n) >= 7,                                      \
		.restricted = (n) >= 8,                                 \
		.knock_restricted = (n) >= 10,                          \
		.keeps_aliases = (n) <= 5,                              \
		.keeps_legacy_fields = (n) <= 10,                       \
		.keeps_join_rule_allow = (n) >= 8,                      \
		.keeps_join_authorised = (n) >= 9,                      \
		.keeps_third_party_sign = (n) >= 11,                    \
		.keeps_whole_create = (n) >= 11,                        \
		.keeps_invite_level = (n) >= 11,                        \
		.keeps_redaction_redacts = (n) >= 11,                   \
	}

static const struct room_version versions[] = {
	VERSION(1),
	VERSION(2),
	VERSION(3),
	VERSION(4),
	VERSION(5),
	VERSION(6),
	VERSION(7),
	VERSION(8),
	VERSION(9),
	VERSION(10),
	VERSION(11),
	VERSION(12),
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
