/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/push/conditions.h"
#include "tests/unit/check.h"

#define ME STR("@me:here")

static bool may_notify(struct condition_event *event, struct str key)
{
	(void)event;
	return str_eq(key, STR("room"));
}

static struct str display_name(struct condition_event *event, struct str user_id)
{
	(void)event;
	return str_eq(user_id, ME) ? STR("Émile Zola") : STR_EMPTY;
}

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *json;
	const char *why = "";
	if (json_parse(arena, str_c(text), &json, &why) != STATUS_OK)
		fail_msg("%s: %s", why, text);
	return json;
}

static const struct {
	const char *condition;
	const char *event;
	bool matches;
} cases[] = {
	{"{\"kind\":\"event_match\",\"key\":\"type\",\"pattern\":\"m.room.*\"}",
		"{\"type\":\"m.room.message\"}", true},
	{"{\"kind\":\"event_match\",\"key\":\"content.topic\",\"pattern\":\"*\"}",
		"{\"content\":{}}", false},
	{"{\"kind\":\"event_match\",\"key\":\"content.topic\",\"pattern\":\"*\"}",
		"{\"content\":{\"topic\":null}}", false},
	{"{\"kind\":\"event_match\",\"key\":\"content.topic\",\"pattern\":\"*\"}",
		"{\"content\":{\"topic\":\"\"}}", true},
	{"{\"kind\":\"event_match\",\"key\":\"content.body\",\"pattern\":\"été\"}",
		"{\"content\":{\"body\":\"L'ÉTÉ vient\"}}", true},
	{"{\"kind\":\"event_match\",\"key\":\"content.body\",\"pattern\":\"tea\"}",
		"{\"content\":{\"body\":\"teapot\"}}", false},
	{"{\"kind\":\"event_match\",\"key\":\"state_key\",\"pattern\":\"\"}",
		"{\"state_key\":\"\"}", true},
	{"{\"kind\":\"event_match\",\"key\":\"state_key\",\"pattern\":\"\"}", "{}", false},
	{"{\"kind\":\"event_match\",\"key\":\"room_id\",\"pattern\":\"!room*\"}", "{}", true},
	{"{\"kind\":\"event_match\",\"key\":\"state_key\",\"pattern\":\"\\u0001user\"}",
		"{\"state_key\":\"@me:here\"}", true},
	{"{\"kind\":\"event_match\",\"key\":\"state_key\",\"pattern\":\"\\u0001user\"}",
		"{\"state_key\":\"@ME:here\"}", false},
	{"{\"kind\":\"event_match\",\"key\":\"type\"}", "{\"type\":\"x\"}", false},
	{"{\"kind\":\"event_match\",\"key\":3,\"pattern\":\"x\"}", "{\"type\":\"x\"}", false},

	/* escapes: only \. and \\ are any */
	{"{\"kind\":\"event_match\",\"key\":\"content.m\\\\.x\",\"pattern\":\"y\"}",
		"{\"content\":{\"m.x\":\"y\"}}", true},
	{"{\"kind\":\"event_match\",\"key\":\"content.m\\\\\\\\x\",\"pattern\":\"y\"}",
		"{\"content\":{\"m\\\\x\":\"y\"}}", true},
	{"{\"kind\":\"event_match\",\"key\":\"content.m\\\\x\",\"pattern\":\"y\"}",
		"{\"content\":{\"m\\\\x\":\"y\"}}", true},
	{"{\"kind\":\"event_match\",\"key\":\"content.m\\\\\",\"pattern\":\"y\"}",
		"{\"content\":{\"m\\\\\":\"y\"}}", true},
	{"{\"kind\":\"event_match\",\"key\":\"content.\",\"pattern\":\"y\"}",
		"{\"content\":{\"\":\"y\"}}", true},
	{"{\"kind\":\"event_match\",\"key\":\"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q\","
	 "\"pattern\":\"*\"}",
		"{}", false},

	{"{\"kind\":\"event_property_is\",\"key\":\"content.m\\\\.federate\",\"value\":true}",
		"{\"content\":{\"m.federate\":true}}", true},
	{"{\"kind\":\"event_property_is\",\"key\":\"content.m\\\\.federate\",\"value\":true}",
		"{\"content\":{\"m.federate\":1}}", false},
	{"{\"kind\":\"event_property_is\",\"key\":\"content.a\",\"value\":null}",
		"{\"content\":{\"a\":null}}", true},
	{"{\"kind\":\"event_property_is\",\"key\":\"content.a\",\"value\":null}",
		"{\"content\":{}}", false},
	{"{\"kind\":\"event_property_is\",\"key\":\"content.a\",\"value\":7}",
		"{\"content\":{\"a\":7}}", true},
	{"{\"kind\":\"event_property_is\",\"key\":\"content.a\",\"value\":\"X\"}",
		"{\"content\":{\"a\":\"x\"}}", false},
	{"{\"kind\":\"event_property_is\",\"key\":\"content.a\",\"value\":{}}",
		"{\"content\":{\"a\":{}}}", false},
	{"{\"kind\":\"event_property_is\",\"key\":\"content.a\"}", "{\"content\":{\"a\":null}}",
		false},

	{"{\"kind\":\"event_property_contains\",\"key\":\"content.m\\\\.mentions.user_ids\","
	 "\"value\":\"\\u0001user\"}",
		"{\"content\":{\"m.mentions\":{\"user_ids\":[\"@x:here\",\"@me:here\"]}}}", true},
	{"{\"kind\":\"event_property_contains\",\"key\":\"content.m\\\\.mentions.user_ids\","
	 "\"value\":\"\\u0001user\"}",
		"{\"content\":{\"m.mentions\":{\"user_ids\":\"@me:here\"}}}", false},
	{"{\"kind\":\"event_property_contains\",\"key\":\"content.a\",\"value\":2}",
		"{\"content\":{\"a\":[1,null,2]}}", true},

	{"{\"kind\":\"contains_display_name\"}", "{\"content\":{\"body\":\"salut émile zola\"}}",
		true},
	{"{\"kind\":\"contains_display_name\"}", "{\"content\":{\"body\":\"émile zolak\"}}", false},
	{"{\"kind\":\"contains_display_name\"}", "{\"content\":{}}", false},

	{"{\"kind\":\"room_member_count\",\"is\":\"3\"}", "{}", true},
	{"{\"kind\":\"room_member_count\",\"is\":\"==3\"}", "{}", true},
	{"{\"kind\":\"room_member_count\",\"is\":\"<3\"}", "{}", false},
	{"{\"kind\":\"room_member_count\",\"is\":\"<=3\"}", "{}", true},
	{"{\"kind\":\"room_member_count\",\"is\":\">2\"}", "{}", true},
	{"{\"kind\":\"room_member_count\",\"is\":\">=4\"}", "{}", false},
	{"{\"kind\":\"room_member_count\",\"is\":\"\"}", "{}", false},
	{"{\"kind\":\"room_member_count\",\"is\":\"=3\"}", "{}", false},
	{"{\"kind\":\"room_member_count\",\"is\":3}", "{}", false},

	{"{\"kind\":\"sender_notification_permission\",\"key\":\"room\"}", "{}", true},
	{"{\"kind\":\"sender_notification_permission\",\"key\":\"other\"}", "{}", false},
	{"{\"kind\":\"sender_notification_permission\"}", "{}", false},

	{"{\"kind\":\"org.example.unknown\"}", "{}", false},
	{"{}", "{}", false},
	{"[]", "{}", false},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ARENA_SCOPE(arena);
		struct condition condition;
		struct condition_event event = {.arena = arena,
			.pdu = parse(arena, cases[i].event),
			.room_id = STR("!room:here"),
			.event_id = STR("$event"),
			.member_count = 3,
			.may_notify = may_notify,
			.display_name = display_name};
		uint64_t budget = CONDITION_BUDGET;
		condition_read(arena, parse(arena, cases[i].condition), &condition);
		if (condition_matches(&condition, &event, ME, &budget) != cases[i].matches)
			fail_msg("%s against %s", cases[i].condition, cases[i].event);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
