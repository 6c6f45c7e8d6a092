/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/default_rules.h"

#include "common/base/mem.h"

#define MATCH(key, pattern) "{\"kind\":\"event_match\",\"key\":\"" key "\",\"pattern\":" pattern "}"
#define TYPE(type)	    MATCH("type", "\"" type "\"")
#define EMPTY_STATE_KEY	    MATCH("state_key", "\"\"")
#define TWO_MEMBERS	    "{\"kind\":\"room_member_count\",\"is\":\"2\"}"

#define NOTHING	    "[]"
#define NOTIFY	    "[\"notify\"]"
#define SOUND(name) "[\"notify\",{\"set_tweak\":\"sound\",\"value\":\"" name "\"}]"
#define HIGHLIGHT   "[\"notify\",{\"set_tweak\":\"highlight\"}]"
#define LOUD_HIGHLIGHT                                                 \
	"[\"notify\",{\"set_tweak\":\"sound\",\"value\":\"default\"}," \
	"{\"set_tweak\":\"highlight\"}]"

const struct default_rule default_rules[] = {
	{PUSH_OVERRIDE, DEFAULT_RULE_MASTER, false, "[]", NOTHING},
	{PUSH_OVERRIDE, ".m.rule.suppress_notices", true,
		"[" MATCH("content.msgtype", "\"m.notice\"") "]", NOTHING},
	{PUSH_OVERRIDE, ".m.rule.invite_for_me", true,
		"[" TYPE("m.room.member") "," MATCH("content.membership", "\"invite\"") "," MATCH(
			"state_key", DEFAULT_RULE_USER) "]",
		SOUND("default")},
	{PUSH_OVERRIDE, ".m.rule.member_event", true, "[" TYPE("m.room.member") "]", NOTHING},
	{PUSH_OVERRIDE, ".m.rule.is_user_mention", true,
		"[{\"kind\":\"event_property_contains\","
		"\"key\":\"content.m\\\\.mentions.user_ids\",\"value\":" DEFAULT_RULE_USER "}]",
		LOUD_HIGHLIGHT},
	{PUSH_OVERRIDE, ".m.rule.is_room_mention", true,
		"[{\"kind\":\"event_property_is\",\"key\":\"content.m\\\\.mentions.room\","
		"\"value\":true},{\"kind\":\"sender_notification_permission\",\"key\":\"room\"}]",
		HIGHLIGHT},
	{PUSH_OVERRIDE, ".m.rule.tombstone", true,
		"[" TYPE("m.room.tombstone") "," EMPTY_STATE_KEY "]", HIGHLIGHT},
	{PUSH_OVERRIDE, ".m.rule.reaction", true, "[" TYPE("m.reaction") "]", NOTHING},
	{PUSH_OVERRIDE, ".m.rule.room.server_acl", true,
		"[" TYPE("m.room.server_acl") "," EMPTY_STATE_KEY "]", NOTHING},
	{PUSH_OVERRIDE, ".m.rule.suppress_edits", true,
		"[{\"kind\":\"event_property_is\",\"key\":\"content.m\\\\.relates_to.rel_type\","
		"\"value\":\"m.replace\"}]",
		NOTHING},
	{PUSH_UNDERRIDE, ".m.rule.call", true, "[" TYPE("m.call.invite") "]", SOUND("ring")},
	{PUSH_UNDERRIDE, ".m.rule.encrypted_room_one_to_one", true,
		"[" TWO_MEMBERS "," TYPE("m.room.encrypted") "]", SOUND("default")},
	{PUSH_UNDERRIDE, ".m.rule.room_one_to_one", true,
		"[" TWO_MEMBERS "," TYPE("m.room.message") "]", SOUND("default")},
	{PUSH_UNDERRIDE, ".m.rule.message", true, "[" TYPE("m.room.message") "]", NOTIFY},
	{PUSH_UNDERRIDE, ".m.rule.encrypted", true, "[" TYPE("m.room.encrypted") "]", NOTIFY},
};
const size_t default_rules_count = ARRAY_LEN(default_rules);
