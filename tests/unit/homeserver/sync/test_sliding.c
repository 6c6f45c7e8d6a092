/* SPDX-License-Identifier: Apache-2.0 */
/* What clients ask of sliding sync, and what is remembered of what they were told. */
#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/sync/sliding_request.h"
#include "homeserver/sync/sliding_state.h"
#include "tests/unit/check.h"

#define MEMBER STR("m.room.member")

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *json;

	check_ok(json_parse(arena, str_c(text), &json, NULL));
	return json;
}

static struct sliding_rule pairs(struct arena *arena, const char *text)
{
	struct sliding_rule rule;
	const char *why;

	check_ok(sliding_rule_parse_pairs(
		arena, parse(arena, text), STR("@alice:here"), &rule, &why));
	return rule;
}

static struct sliding_rule objects(struct arena *arena, const char *text)
{
	struct sliding_rule rule;
	const char *why;

	check_ok(sliding_rule_parse(arena, parse(arena, text), &rule, &why));
	return rule;
}

static enum status read_request(struct arena *arena, enum sliding_form form, const char *text,
	struct sliding_request *request)
{
	const struct sliding_params params = {.pos = STR("p12_7"), .timeout = STR("999999999")};
	const char *why = NULL;

	*request = (struct sliding_request){.form = form, .user_id = STR("@alice:here")};
	return sliding_request_parse(
		arena, parse(arena, text), form == SLIDING_V4 ? NULL : &params, request, &why);
}

static void rules_of_pairs(void **state)
{
	ARENA_SCOPE(arena);
	struct sliding_rule rule = pairs(
		arena, "[[\"m.room.name\",\"\"],[\"m.room.member\",\"$ME\"],[\"org.a\",\"*\"]]");
	(void)state;

	assert_true(sliding_rule_takes(&rule, STR("m.room.name"), STR("")));
	assert_false(sliding_rule_takes(&rule, STR("m.room.name"), STR("x")));
	assert_true(sliding_rule_takes(&rule, MEMBER, STR("@alice:here")));
	assert_false(sliding_rule_takes(&rule, MEMBER, STR("@bob:here")));
	assert_true(sliding_rule_takes(&rule, STR("org.a"), STR("anything")));
	assert_false(sliding_rule_is_wide(&rule));
	assert_false(sliding_rule_takes_all_members(&rule));
	assert_false(rule.lazy_members);
}

static void lazy_members_are_taken_by_name_only(void **state)
{
	ARENA_SCOPE(arena);
	struct sliding_rule all = pairs(arena, "[[\"*\",\"*\"]]");
	struct sliding_rule lazy = pairs(arena,
		"[[\"*\",\"*\"],[\"m.room.member\",\"$LAZY\"],[\"m.room.member\",\"@bob:here\"]]");
	(void)state;

	assert_true(sliding_rule_takes(&all, MEMBER, STR("@carol:here")));
	assert_true(sliding_rule_takes_all_members(&all));
	assert_true(lazy.lazy_members);
	assert_true(sliding_rule_is_wide(&lazy));
	assert_false(sliding_rule_takes_all_members(&lazy));
	assert_false(sliding_rule_takes(&lazy, MEMBER, STR("@carol:here")));
	assert_true(sliding_rule_takes(&lazy, MEMBER, STR("@bob:here")));
	assert_true(sliding_rule_takes(&lazy, STR("m.room.topic"), STR("")));
}

static void rules_exclude(void **state)
{
	ARENA_SCOPE(arena);
	struct sliding_rule rule =
		objects(arena, "{\"include\":[{}],\"exclude\":[{\"type\":\"m.room.create\"}]}");
	(void)state;

	assert_true(sliding_rule_takes(&rule, STR("m.room.name"), STR("")));
	assert_false(sliding_rule_takes(&rule, STR("m.room.create"), STR("")));
}

static void rules_have_one_hash_in_both_forms(void **state)
{
	ARENA_SCOPE(arena);
	struct sliding_rule a = pairs(arena, "[[\"m.room.name\",\"\"],[\"x\",\"*\"]]");
	struct sliding_rule b = objects(arena,
		"{\"include\":[{\"type\":\"m.room.name\",\"state_key\":\"\"},{\"type\":\"x\"}]}");
	struct sliding_rule c = pairs(arena, "[[\"m.room.name\",\"\"],[\"x\",\"**\"]]");
	struct sliding_rule d = pairs(arena, "[[\"m.room.nam\",\"e\"],[\"x\",\"*\"]]");
	(void)state;

	assert_int_equal(a.hash, b.hash);
	assert_int_not_equal(a.hash, c.hash);
	assert_int_not_equal(a.hash, d.hash);
	/* Kept in the database: another hash would tell all rooms' state once more. */
	assert_int_equal(pairs(arena, "[]").hash, objects(arena, "{}").hash);
}

static void requests_of_the_unstable_form(void **state)
{
	ARENA_SCOPE(arena);
	struct sliding_request request;
	(void)state;

	check_ok(read_request(arena, SLIDING_UNSTABLE,
		"{\"conn_id\":\"room-list\",\"lists\":{\"a\":{\"ranges\":[[0,19],[40,49]],"
		"\"timeline_limit\":5000,\"required_state\":[],\"filters\":{\"is_dm\":false,"
		"\"is_invite\":null,\"not_room_types\":[\"m.space\",null]}}},\"extensions\":{"
		"\"to_device\":{\"enabled\":true,\"since\":\"9\"},\"e2ee\":{\"enabled\":true},"
		"\"receipts\":{\"enabled\":true,\"rooms\":[\"*\"],\"lists\":[]}}}",
		&request));
	assert_true(request.has_pos);
	assert_int_equal(request.position, 12);
	assert_int_equal(request.state_id, 7);
	assert_int_equal(request.timeout_ms, SLIDING_TIMEOUT_MAX_MS);
	check_str(request.conn_id, "room-list");
	assert_int_equal(request.list_count, 1);
	assert_int_equal(request.lists[0].config.timeline_limit, SLIDING_TIMELINE_MAX);
	assert_int_equal(request.lists[0].ranges.count, 2);
	assert_int_equal(request.lists[0].ranges.items[1].last, 49);
	assert_int_equal(request.lists[0].filter.dm, SLIDING_WITHOUT);
	assert_int_equal(request.lists[0].filter.invited, SLIDING_EITHER);
	assert_int_equal(request.lists[0].filter.not_types.count, 2);
	assert_null(request.lists[0].filter.not_types.items[1].p);
	assert_int_equal(request.to_device.since, 9);
	assert_true(request.e2ee);
	assert_true(request.receipts.all_rooms);
	assert_false(request.receipts.all_lists);
	assert_false(request.typing.enabled);
}

static void requests_of_the_merged_form(void **state)
{
	ARENA_SCOPE(arena);
	struct sliding_request request;
	(void)state;

	check_ok(read_request(arena, SLIDING_V4,
		"{\"pos\":\"p3_4\",\"timeout\":10,\"lists\":{\"a\":{\"range\":[2,5],"
		"\"timeline_limit\":1,\"required_state\":{}},\"b\":{\"timeline_limit\":1,"
		"\"required_state\":{},\"filters\":{\"is_invited\":true}}}}",
		&request));
	assert_int_equal(request.position, 3);
	assert_int_equal(request.timeout_ms, 10);
	assert_int_equal(request.list_count, 2);
	for (size_t i = 0; i < request.list_count; i++) {
		bool is_b = str_eq_c(request.lists[i].key, "b");

		assert_int_equal(request.lists[i].is_all, is_b);
		assert_int_equal(request.lists[i].ranges.count, is_b ? 0 : 1);
		assert_int_equal(
			request.lists[i].filter.invited, is_b ? SLIDING_ONLY : SLIDING_EITHER);
	}
	check_status(
		read_request(arena, SLIDING_V4, "{\"pos\":\"p3\"}", &request), STATUS_NOT_FOUND);
	check_status(
		read_request(arena, SLIDING_V4, "{\"pos\":\"x\"}", &request), STATUS_NOT_FOUND);
	check_status(read_request(arena, SLIDING_V4, "{\"lists\":{\"a\":{}}}", &request),
		STATUS_INVALID);
}

static struct sliding_known known(struct arena *arena, int64_t key, int64_t told, uint64_t hash)
{
	struct sliding_known room = {
		.room_key = key,
		.told = {told, SLIDING_NEVER, SLIDING_LIVE, 0},
		.timeline_limit = 20,
		.is_dm = key % 2 == 0,
	};

	sliding_rules_add(arena, &room.rules, hash);
	sliding_rules_add(arena, &room.rules, 5);
	sliding_rules_add(arena, &room.rules, hash);
	return room;
}

static void states_are_read_as_they_were_written(void **test)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(bytes, SLIDING_STATE_MAX);
	BUF_SCOPE(again, SLIDING_STATE_MAX);
	struct sliding_known rooms[] = {
		known(arena, 1, SLIDING_LIVE, 9),
		known(arena, 2, 0, UINT64_MAX),
		known(arena, 300000, INT64_C(1) << 40, 9),
	};
	const struct sliding_state state = {rooms, ARRAY_LEN(rooms)};
	struct sliding_state read;
	(void)test;

	check_ok(sliding_state_write(&state, &bytes));
	check_ok(sliding_state_parse(arena, buf_str(&bytes), &read));
	assert_int_equal(read.count, 3);
	for (size_t i = 0; i < read.count; i++) {
		assert_int_equal(read.rooms[i].room_key, rooms[i].room_key);
		assert_memory_equal(read.rooms[i].told, rooms[i].told, sizeof(rooms[i].told));
		assert_int_equal(read.rooms[i].timeline_limit, 20);
		assert_int_equal(read.rooms[i].is_dm, rooms[i].is_dm);
		assert_int_equal(read.rooms[i].rules.count, 2);
		assert_int_equal(read.rooms[i].rules.items[0], 5);
	}
	assert_true(sliding_rules_have(&read.rooms[1].rules, UINT64_MAX));
	assert_ptr_equal(sliding_state_find(&read, 300000), &read.rooms[2]);
	assert_null(sliding_state_find(&read, 3));
	check_ok(sliding_state_write(&read, &again));
	assert_true(str_eq(buf_str(&bytes), buf_str(&again)));
	/* Cut anywhere, or with something behind it, it is none. */
	for (size_t n = 0; n < bytes.n; n++)
		check_status(sliding_state_parse(arena, str_n(bytes.p, n), &read), STATUS_INVALID);
	buf_append_byte(&bytes, 0);
	check_status(sliding_state_parse(arena, buf_str(&bytes), &read), STATUS_INVALID);
}

static void an_empty_state(void **test)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(bytes, SLIDING_STATE_MAX);
	const struct sliding_state none = {0};
	struct sliding_state read;
	(void)test;

	check_ok(sliding_state_write(&none, &bytes));
	check_ok(sliding_state_parse(arena, buf_str(&bytes), &read));
	assert_int_equal(read.count, 0);
	assert_null(sliding_state_find(&read, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_pairs),
		cmocka_unit_test(lazy_members_are_taken_by_name_only),
		cmocka_unit_test(rules_exclude),
		cmocka_unit_test(rules_have_one_hash_in_both_forms),
		cmocka_unit_test(requests_of_the_unstable_form),
		cmocka_unit_test(requests_of_the_merged_form),
		cmocka_unit_test(states_are_read_as_they_were_written),
		cmocka_unit_test(an_empty_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
