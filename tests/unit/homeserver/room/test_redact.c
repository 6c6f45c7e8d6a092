/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/redact.h"

#include "homeserver/room/event_hash.h"
#include "tests/unit/check.h"

struct redact_case {
	const char *name;
	const char *version;
	const char *before;
	const char *after;
};

static const struct redact_case cases[] = {
	{"a message keeps its frame", "12",
		"{\"type\":\"m.room.message\",\"content\":{\"body\":\"x\"},\"sender\":\"@a:h\","
		"\"unsigned\":{\"a\":1},\"foo\":1,\"hashes\":{\"sha256\":\"h\"},\"depth\":3,"
		"\"signatures\":{\"h\":{\"k\":\"s\"}},\"origin_server_ts\":5,\"prev_events\":[],"
		"\"auth_events\":[]}",
		"{\"auth_events\":[],\"content\":{},\"depth\":3,\"hashes\":{\"sha256\":\"h\"},"
		"\"origin_server_ts\":5,\"prev_events\":[],\"sender\":\"@a:h\",\"signatures\":"
		"{\"h\":{\"k\":\"s\"}},\"type\":\"m.room.message\"}"},
	{"version 1 keeps the id that the event names", "1",
		"{\"type\":\"x\",\"content\":{},\"event_id\":\"$a:h\",\"redacts\":\"$b:h\"}",
		"{\"content\":{},\"event_id\":\"$a:h\",\"type\":\"x\"}"},
	{"version 5 keeps aliases", "5",
		"{\"type\":\"m.room.aliases\",\"content\":{\"aliases\":[\"#a:h\"],\"x\":1}}",
		"{\"content\":{\"aliases\":[\"#a:h\"]},\"type\":\"m.room.aliases\"}"},
	{"version 6 does not", "6",
		"{\"type\":\"m.room.aliases\",\"content\":{\"aliases\":[\"#a:h\"],\"x\":1}}",
		"{\"content\":{},\"type\":\"m.room.aliases\"}"},
	{"version 7 knows no rooms that are allowed", "7",
		"{\"type\":\"m.room.join_rules\",\"content\":{\"join_rule\":\"x\",\"allow\":[]}}",
		"{\"content\":{\"join_rule\":\"x\"},\"type\":\"m.room.join_rules\"}"},
	{"version 8 does", "8",
		"{\"type\":\"m.room.join_rules\",\"content\":{\"join_rule\":\"x\",\"allow\":[]}}",
		"{\"content\":{\"allow\":[],\"join_rule\":\"x\"},\"type\":\"m.room.join_rules\"}"},
	{"version 8 forgets who authorised a join", "8",
		"{\"type\":\"m.room.member\",\"content\":{\"membership\":\"join\","
		"\"join_authorised_via_users_server\":\"@b:h\"}}",
		"{\"content\":{\"membership\":\"join\"},\"type\":\"m.room.member\"}"},
	{"version 9 keeps it", "9",
		"{\"type\":\"m.room.member\",\"content\":{\"membership\":\"join\","
		"\"join_authorised_via_users_server\":\"@b:h\"}}",
		"{\"content\":{\"join_authorised_via_users_server\":\"@b:h\",\"membership\":"
		"\"join\"},\"type\":\"m.room.member\"}"},
	{"version 5 keeps a fraction", "5",
		"{\"type\":\"m.room.power_levels\",\"content\":{\"ban\":50.5}}",
		"{\"content\":{\"ban\":50.5},\"type\":\"m.room.power_levels\"}"},
	{"version 10 keeps origin, membership and prev_state", "10",
		"{\"type\":\"x\",\"content\":{},\"origin\":\"h\",\"membership\":\"m\","
		"\"prev_state\":[]}",
		"{\"content\":{},\"membership\":\"m\",\"origin\":\"h\",\"prev_state\":[],\"type\":"
		"\"x\"}"},
	{"version 11 drops them", "11",
		"{\"type\":\"x\",\"content\":{},\"origin\":\"h\",\"membership\":\"m\","
		"\"prev_state\":[]}",
		"{\"content\":{},\"type\":\"x\"}"},
	{"version 10 keeps the creator of a create event", "10",
		"{\"type\":\"m.room.create\",\"content\":{\"creator\":\"@a:h\",\"room_version\":"
		"\"10\"}}",
		"{\"content\":{\"creator\":\"@a:h\"},\"type\":\"m.room.create\"}"},
	{"version 11 keeps all of it", "11",
		"{\"type\":\"m.room.create\",\"content\":{\"m.federate\":false,\"a\":{\"c\":1,"
		"\"b\":2}}}",
		"{\"content\":{\"a\":{\"b\":2,\"c\":1},\"m.federate\":false},\"type\":"
		"\"m.room.create\"}"},
	{"a member keeps membership and who authorised", "10",
		"{\"type\":\"m.room.member\",\"state_key\":\"@a:h\",\"content\":{\"membership\":"
		"\"join\",\"displayname\":\"A\",\"join_authorised_via_users_server\":\"@b:h\","
		"\"third_party_invite\":{\"signed\":{}}}}",
		"{\"content\":{\"join_authorised_via_users_server\":\"@b:h\",\"membership\":"
		"\"join\"},\"state_key\":\"@a:h\",\"type\":\"m.room.member\"}"},
	{"version 11 keeps the signed part of a third-party invite", "11",
		"{\"type\":\"m.room.member\",\"content\":{\"membership\":\"invite\","
		"\"third_party_invite\":{\"display_name\":\"n\",\"signed\":{\"token\":\"t\"}}}}",
		"{\"content\":{\"membership\":\"invite\",\"third_party_invite\":{\"signed\":"
		"{\"token\":\"t\"}}},\"type\":\"m.room.member\"}"},
	{"a third-party invite that is no object goes", "12",
		"{\"type\":\"m.room.member\",\"content\":{\"membership\":\"invite\","
		"\"third_party_invite\":7}}",
		"{\"content\":{\"membership\":\"invite\"},\"type\":\"m.room.member\"}"},
	{"join rules keep the rooms they allow", "12",
		"{\"type\":\"m.room.join_rules\",\"content\":{\"join_rule\":\"restricted\","
		"\"allow\":[],\"x\":1}}",
		"{\"content\":{\"allow\":[],\"join_rule\":\"restricted\"},\"type\":"
		"\"m.room.join_rules\"}"},
	{"version 10 drops the invite level", "10",
		"{\"type\":\"m.room.power_levels\",\"content\":{\"invite\":1,\"ban\":2,"
		"\"notifications\":{}}}",
		"{\"content\":{\"ban\":2},\"type\":\"m.room.power_levels\"}"},
	{"version 11 keeps it", "11",
		"{\"type\":\"m.room.power_levels\",\"content\":{\"invite\":1,\"ban\":2,"
		"\"notifications\":{}}}",
		"{\"content\":{\"ban\":2,\"invite\":1},\"type\":\"m.room.power_levels\"}"},
	{"version 10 drops what a redaction redacts", "10",
		"{\"type\":\"m.room.redaction\",\"redacts\":\"$e\",\"content\":{\"redacts\":"
		"\"$e\"}}",
		"{\"content\":{},\"type\":\"m.room.redaction\"}"},
	{"version 11 keeps it in the content", "11",
		"{\"type\":\"m.room.redaction\",\"redacts\":\"$e\",\"content\":{\"redacts\":"
		"\"$e\",\"reason\":\"r\"}}",
		"{\"content\":{\"redacts\":\"$e\"},\"type\":\"m.room.redaction\"}"},
	{"m.room.aliases is nothing special any more", "10",
		"{\"type\":\"m.room.aliases\",\"content\":{\"aliases\":[]}}",
		"{\"content\":{},\"type\":\"m.room.aliases\"}"},
	{"history visibility", "12",
		"{\"type\":\"m.room.history_visibility\",\"content\":{\"history_visibility\":"
		"\"shared\",\"x\":1}}",
		"{\"content\":{\"history_visibility\":\"shared\"},\"type\":"
		"\"m.room.history_visibility\"}"},
};

static void prunes_as_the_version_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ARENA_SCOPE(arena);
		BUF_SCOPE(out, EVENT_MAX_BYTES);
		const struct json *event;

		check_ok(json_parse(arena, str_c(cases[i].before), &event, NULL));
		check_ok(redact_event(room_version_find(str_c(cases[i].version)), event, &out));
		if (!str_eq_c(buf_str(&out), cases[i].after))
			fail_msg("%s: %.*s", cases[i].name, STR_FMT(buf_str(&out)));
	}
}

static void pruning_twice_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ARENA_SCOPE(arena);
		BUF_SCOPE(out, EVENT_MAX_BYTES);
		const struct json *event;

		check_ok(json_parse(arena, str_c(cases[i].after), &event, NULL));
		check_ok(redact_event(room_version_find(str_c(cases[i].version)), event, &out));
		check_str(buf_str(&out), cases[i].after);
	}
}

static void the_hash_leaves_signatures_out(void **state)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(out, EVENT_MAX_BYTES);
	const struct json *event;

	(void)state;
	check_ok(json_parse(arena, STR("{\"type\":\"x\",\"content\":{},\"signatures\":{\"h\":{}}}"),
		&event, NULL));
	check_ok(redact_for_hash(room_version_find(STR("12")), event, &out));
	check_str(buf_str(&out), "{\"content\":{},\"type\":\"x\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prunes_as_the_version_says),
		cmocka_unit_test(pruning_twice_changes_nothing),
		cmocka_unit_test(the_hash_leaves_signatures_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
