/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/push/ruleset.h"
#include "tests/unit/check.h"

#define ME STR("@me:here")

static bool may_notify(struct condition_event *event, struct str key)
{
	(void)key;
	return event->context != NULL;
}

static struct str display_name(struct condition_event *event, struct str user_id)
{
	(void)event;
	(void)user_id;
	return STR_EMPTY;
}

/* The id of the rule that the event meets, "" for none. */
static struct str match(
	struct push_ruleset *set, const char *event_text, int64_t members, bool sender_may)
{
	static int anything;
	const struct json *pdu;
	check_ok(json_parse(set->arena, str_c(event_text), &pdu, NULL));
	struct condition_event event = {.arena = set->arena,
		.pdu = pdu,
		.room_id = STR("!room:here"),
		.event_id = STR("$event"),
		.member_count = members,
		.may_notify = may_notify,
		.display_name = display_name,
		.context = sender_may ? &anything : NULL};
	const struct push_rule *rule = ruleset_match(set, &event, ME);
	return rule == NULL ? STR("") : rule->rule_id;
}

#define MESSAGE(content) \
	"{\"type\":\"m.room.message\",\"sender\":\"@x:here\",\"content\":" content "}"

static const struct {
	const char *event;
	int64_t members;
	bool sender_may;
	const char *rule;
} defaults[] = {
	{MESSAGE("{\"msgtype\":\"m.text\",\"body\":\"a\"}"), 5, false, ".m.rule.message"},
	{MESSAGE("{\"msgtype\":\"m.text\",\"body\":\"a\"}"), 2, false, ".m.rule.room_one_to_one"},
	{MESSAGE("{\"msgtype\":\"m.notice\",\"body\":\"a\"}"), 2, false,
		".m.rule.suppress_notices"},
	{MESSAGE("{\"body\":\"a\",\"m.mentions\":{\"user_ids\":[\"@me:here\"]}}"), 5, false,
		".m.rule.is_user_mention"},
	{MESSAGE("{\"body\":\"a\",\"m.mentions\":{\"user_ids\":[\"@other:here\"]}}"), 5, false,
		".m.rule.message"},
	{MESSAGE("{\"body\":\"a\",\"m.mentions\":{\"room\":true}}"), 5, true,
		".m.rule.is_room_mention"},
	{MESSAGE("{\"body\":\"a\",\"m.mentions\":{\"room\":true}}"), 5, false, ".m.rule.message"},
	{MESSAGE("{\"body\":\"a\",\"m.relates_to\":{\"rel_type\":\"m.replace\"}}"), 5, false,
		".m.rule.suppress_edits"},
	{"{\"type\":\"m.room.encrypted\",\"content\":{}}", 2, false,
		".m.rule.encrypted_room_one_to_one"},
	{"{\"type\":\"m.room.encrypted\",\"content\":{}}", 3, false, ".m.rule.encrypted"},
	{"{\"type\":\"m.reaction\",\"content\":{}}", 2, false, ".m.rule.reaction"},
	{"{\"type\":\"m.call.invite\",\"content\":{}}", 5, false, ".m.rule.call"},
	{"{\"type\":\"m.room.member\",\"state_key\":\"@me:here\",\"content\":{\"membership\":"
	 "\"invite\"}}",
		2, false, ".m.rule.invite_for_me"},
	{"{\"type\":\"m.room.member\",\"state_key\":\"@x:here\",\"content\":{\"membership\":"
	 "\"invite\"}}",
		2, false, ".m.rule.member_event"},
	{"{\"type\":\"m.room.tombstone\",\"state_key\":\"\",\"content\":{}}", 2, false,
		".m.rule.tombstone"},
	{"{\"type\":\"m.room.tombstone\",\"content\":{}}", 2, false, ""},
	{"{\"type\":\"m.room.server_acl\",\"state_key\":\"\",\"content\":{}}", 2, false,
		".m.rule.room.server_acl"},
	{"{\"type\":\"m.room.topic\",\"state_key\":\"\",\"content\":{}}", 2, false, ""},
};

static void test_default_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		ARENA_SCOPE(arena);
		struct push_ruleset *set;
		check_ok(ruleset_read(arena, STR_EMPTY, &set));
		struct str rule =
			match(set, defaults[i].event, defaults[i].members, defaults[i].sender_may);
		if (!str_eq_c(rule, defaults[i].rule))
			fail_msg("%s meets %.*s", defaults[i].event, STR_FMT(rule));
	}
}

static void put(struct push_ruleset *set, enum push_kind kind, const char *rule_id,
	const char *conditions, const char *pattern, const char *actions)
{
	check_ok(ruleset_put(set, &(struct push_rule_draft){.kind = kind,
					  .rule_id = str_c(rule_id),
					  .conditions = str_c(conditions),
					  .pattern = str_c(pattern),
					  .actions = str_c(actions)}));
}

/* The kinds are tried in order; what is stored and read again is the same set. */
static void test_own_rules_survive(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	struct push_ruleset *set;
	const char *event = MESSAGE("{\"msgtype\":\"m.text\",\"body\":\"un gâteau\"}");
	check_ok(ruleset_read(arena, STR_EMPTY, &set));
	put(set, PUSH_UNDERRIDE, "under", "[]", NULL, "[]");
	check_str(match(set, event, 5, false), "under");
	put(set, PUSH_SENDER, "@x:here", NULL, NULL, "[\"notify\"]");
	check_str(match(set, event, 5, false), "@x:here");
	put(set, PUSH_ROOM, "!room:here", NULL, NULL, "[]");
	check_str(match(set, event, 5, false), "!room:here");
	put(set, PUSH_CONTENT, "cake", NULL, "GÂTEAU",
		"[\"notify\",{\"set_tweak\":\"highlight\"}]");
	check_str(match(set, event, 5, false), "cake");
	assert_true(ruleset_find(set, PUSH_CONTENT, STR("cake"))->highlight);
	put(set, PUSH_OVERRIDE, "over",
		"[{\"kind\":\"event_match\",\"key\":\"sender\",\"pattern\":\"@X:*\"}]", NULL, "[]");
	check_str(match(set, event, 5, false), "over");
	check_ok(ruleset_set_enabled(set, PUSH_OVERRIDE, STR(".m.rule.master"), true));
	check_ok(ruleset_set_actions(
		set, PUSH_UNDERRIDE, STR(".m.rule.message"), STR("[\"notify\",\"other\"]")));

	BUF_SCOPE(stored, PUSH_RULESET_MAX);
	BUF_SCOPE(before, PUSH_RULESET_MAX);
	BUF_SCOPE(after, PUSH_RULESET_MAX);
	struct json_writer w;
	struct push_ruleset *again;
	check_ok(ruleset_store(set, &stored));
	check_ok(ruleset_read(arena, buf_str(&stored), &again));
	jw_init(&w, &before);
	ruleset_write(set, ME, &w);
	jw_init(&w, &after);
	ruleset_write(again, ME, &w);
	assert_true(str_eq(buf_str(&before), buf_str(&after)));

	check_str(match(again, event, 5, false), ".m.rule.master");
	check_ok(ruleset_set_enabled(again, PUSH_OVERRIDE, STR(".m.rule.master"), false));
	check_str(match(again, event, 5, false), "over");
	check_ok(ruleset_set_enabled(again, PUSH_OVERRIDE, STR("over"), false));
	check_str(match(again, event, 5, false), "cake");
}

static void test_places(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	struct push_ruleset *set;
	check_ok(ruleset_read(arena, STR_EMPTY, &set));
	put(set, PUSH_OVERRIDE, "a", "[]", NULL, "[]");
	put(set, PUSH_OVERRIDE, "b", "[]", NULL, "[]");
	struct push_rule_draft draft = {.kind = PUSH_OVERRIDE,
		.rule_id = STR("c"),
		.actions = STR("[]"),
		.after = STR("b")};
	check_ok(ruleset_put(set, &draft));
	static const char *const order[] = {".m.rule.master", "b", "c", "a"};
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		check_str(set->kinds[PUSH_OVERRIDE].items[i].rule_id, order[i]);
	draft.after = STR("nosuch");
	check_status(ruleset_put(set, &draft), STATUS_NOT_FOUND);
	draft.after = STR(".m.rule.master");
	check_status(ruleset_put(set, &draft), STATUS_NOT_FOUND);
	check_status(ruleset_remove(set, PUSH_OVERRIDE, STR(".m.rule.master")), STATUS_DENIED);
	check_status(ruleset_remove(set, PUSH_OVERRIDE, STR("nosuch")), STATUS_NOT_FOUND);
	check_ok(ruleset_remove(set, PUSH_OVERRIDE, STR("c")));
	assert_null(ruleset_find(set, PUSH_OVERRIDE, STR("c")));
}

static void test_maximum(void **state)
{
	(void)state;
	ARENA_SCOPE(arena);
	struct push_ruleset *set;
	check_ok(ruleset_read(arena, STR_EMPTY, &set));
	struct push_rule_draft draft = {.kind = PUSH_ROOM, .actions = STR("[]")};
	for (int i = 0; i < PUSH_RULES_MAX; i++) {
		draft.rule_id = arena_printf(arena, "!%d:here", i);
		check_ok(ruleset_put(set, &draft));
	}
	check_ok(ruleset_put(set, &draft));
	draft.rule_id = STR("!more:here");
	check_status(ruleset_put(set, &draft), STATUS_TOO_LARGE);
}

static void test_actions(void **state)
{
	(void)state;
	static const struct {
		const char *actions;
		const char *kept; /* NULL: refused */
	} list[] = {
		{"[]", "[]"},
		{"[\"notify\",\"dont_notify\",\"coalesce\"]", "[\"notify\"]"},
		{"[\"org.example.other\"]", "[\"org.example.other\"]"},
		{"[{\"set_tweak\":\"sound\",\"value\":\"x\"}]",
			"[{\"set_tweak\":\"sound\",\"value\":\"x\"}]"},
		{"[{\"value\":\"x\"}]", NULL},
		{"[3]", NULL},
		{"{}", NULL},
		{"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		ARENA_SCOPE(arena);
		const struct json *json;
		struct str kept = STR_EMPTY;
		check_ok(json_parse(arena, str_c(list[i].actions), &json, NULL));
		assert_int_equal(
			push_actions_read(arena, json, &kept) == NULL, list[i].kept != NULL);
		if (list[i].kept != NULL)
			check_str(kept, list[i].kept);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_rules),
		cmocka_unit_test(test_own_rules_survive),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_actions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
