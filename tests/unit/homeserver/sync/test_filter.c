/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json.h"
#include "homeserver/room/event.h"
#include "homeserver/sync/filter.h"
#include "tests/unit/check.h"

static const struct json *parse(struct arena *arena, const char *text)
{
	const struct json *json;

	check_ok(json_parse(arena, str_c(text), &json, NULL));
	return json;
}

static struct filter read_filter(struct arena *arena, const char *text)
{
	struct filter filter;

	check_ok(filter_parse(arena, parse(arena, text), &filter, NULL));
	return filter;
}

static struct event message(struct arena *arena, const char *sender, const char *content)
{
	return (struct event){
		.room_id = STR("!a:here"),
		.sender = str_c(sender),
		.type = STR("m.room.message"),
		.content = parse(arena, content),
	};
}

static void globs(void **state)
{
	(void)state;
	assert_true(filter_glob(STR("m.room.*"), STR("m.room.message")));
	assert_true(filter_glob(STR("*"), STR("")));
	assert_true(filter_glob(STR("*a*b"), STR("xaybab")));
	assert_true(filter_glob(STR("m.room.message"), STR("m.room.message")));
	assert_false(filter_glob(STR("m.room.*"), STR("m.room")));
	assert_false(filter_glob(STR(""), STR("x")));
	assert_false(filter_glob(STR("a*b"), STR("abc")));
	/* Not a regular expression, and no single-character wildcard. */
	assert_false(filter_glob(STR("m?room"), STR("m.room")));
	assert_false(filter_glob(STR("m.room"), STR("mxroom")));
}

static void nothing_given_lets_all_through(void **state)
{
	ARENA_SCOPE(arena);
	struct filter filter;
	struct event event = message(arena, "@a:here", "{}");

	(void)state;
	check_ok(filter_parse(arena, NULL, &filter, NULL));
	assert_true(event_filter_passes(&filter.timeline, &event));
	assert_true(filter_passes_room(&filter, STR("!a:here")));
	assert_false(event_filter_is_narrow(&filter.timeline));
	assert_int_equal(filter.timeline.limit, 0);
	assert_null(filter.fields);
}

static void a_whole_filter(void **state)
{
	ARENA_SCOPE(arena);
	struct filter filter = read_filter(arena,
		"{\"event_fields\":[\"content.body\"],\"event_format\":\"federation\","
		"\"account_data\":{\"not_types\":[\"*\"]},"
		"\"room\":{\"include_leave\":true,\"not_rooms\":[\"!no:here\"],"
		"\"state\":{\"lazy_load_members\":true,\"include_redundant_members\":true},"
		"\"timeline\":{\"limit\":20,\"types\":[\"m.room.*\"],"
		"\"not_senders\":[\"@spam:here\"],\"contains_url\":true,"
		"\"unread_thread_notifications\":true}},\"unknown\":7}");
	struct event picture = message(arena, "@a:here", "{\"url\":\"mxc://here/x\"}");
	struct event spam = message(arena, "@spam:here", "{\"url\":\"mxc://here/x\"}");
	struct event text = message(arena, "@a:here", "{\"body\":\"hello\"}");

	(void)state;
	assert_int_equal(json_count(filter.fields), 1);
	assert_true(filter.federation_format);
	assert_true(filter.include_leave);
	assert_true(filter.state.lazy_load_members);
	assert_true(filter.state.include_redundant_members);
	assert_true(filter.timeline.unread_thread_notifications);
	assert_int_equal(filter.timeline.limit, 20);
	assert_true(event_filter_is_narrow(&filter.timeline));
	assert_true(event_filter_passes(&filter.timeline, &picture));
	assert_false(event_filter_passes(&filter.timeline, &spam));
	assert_false(event_filter_passes(&filter.timeline, &text));
	assert_false(filter_passes_room(&filter, STR("!no:here")));
	assert_true(filter_passes_room(&filter, STR("!yes:here")));
	assert_false(event_filter_passes_type(&filter.account_data, STR("m.direct"), STR_EMPTY));
}

static void empty_lists_let_nothing_through(void **state)
{
	ARENA_SCOPE(arena);
	struct filter filter = read_filter(
		arena, "{\"room\":{\"rooms\":[],\"timeline\":{\"types\":[],\"rooms\":[]}}}");
	struct event event = message(arena, "@a:here", "{}");

	(void)state;
	assert_false(filter_passes_room(&filter, STR("!a:here")));
	assert_false(event_filter_passes_room(&filter.timeline, STR("!a:here")));
	assert_false(event_filter_passes(&filter.timeline, &event));
}

static void exclusion_wins(void **state)
{
	ARENA_SCOPE(arena);
	struct filter filter = read_filter(arena,
		"{\"room\":{\"rooms\":[\"!a:here\"],\"not_rooms\":[\"!a:here\"],"
		"\"timeline\":{\"types\":[\"m.room.message\"],\"not_types\":[\"m.*\"]}}}");
	struct event event = message(arena, "@a:here", "{}");

	(void)state;
	assert_false(filter_passes_room(&filter, STR("!a:here")));
	assert_false(event_filter_passes(&filter.timeline, &event));
}

static void what_is_wrong_is_refused_with_a_reason(void **state)
{
	static const char *const wrong[] = {
		"[]",
		"{\"room\":[]}",
		"{\"room\":{\"timeline\":7}}",
		"{\"room\":{\"timeline\":{\"types\":\"m.room.message\"}}}",
		"{\"room\":{\"timeline\":{\"types\":[7]}}}",
		"{\"room\":{\"timeline\":{\"limit\":\"10\"}}}",
		"{\"room\":{\"timeline\":{\"limit\":-1}}}",
		"{\"room\":{\"timeline\":{\"limit\":1.5}}}",
		"{\"room\":{\"state\":{\"lazy_load_members\":\"yes\"}}}",
		"{\"room\":{\"include_leave\":1}}",
		"{\"room\":{\"not_rooms\":{}}}",
		"{\"event_format\":\"xml\"}",
		"{\"event_fields\":[1]}",
		"{\"presence\":\"none\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ARENA_SCOPE(arena);
		struct filter filter;
		const char *why = NULL;

		check_status(
			filter_parse(arena, parse(arena, wrong[i]), &filter, &why), STATUS_INVALID);
		assert_non_null(why);
	}
}

static void null_counts_as_absent(void **state)
{
	ARENA_SCOPE(arena);
	struct filter filter = read_filter(arena,
		"{\"room\":{\"timeline\":{\"types\":null,\"limit\":null,\"contains_url\":null},"
		"\"state\":null},\"event_fields\":null}");

	(void)state;
	assert_false(filter.timeline.types.present);
	assert_int_equal(filter.timeline.url, FILTER_URL_ANY);
}

static void limits_are_bounded(void **state)
{
	ARENA_SCOPE(arena);
	struct event_filter filter = {0};

	(void)state;
	check_ok(event_filter_parse(arena, parse(arena, "{\"limit\":100000}"), &filter, NULL));
	assert_int_equal(filter.limit, FILTER_LIMIT_MAX);
	check_ok(event_filter_parse(arena, parse(arena, "{\"limit\":0}"), &filter, NULL));
	assert_int_equal(filter.limit, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs),
		cmocka_unit_test(nothing_given_lets_all_through),
		cmocka_unit_test(a_whole_filter),
		cmocka_unit_test(empty_lists_let_nothing_through),
		cmocka_unit_test(exclusion_wins),
		cmocka_unit_test(what_is_wrong_is_refused_with_a_reason),
		cmocka_unit_test(null_counts_as_absent),
		cmocka_unit_test(limits_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
