/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of a stored event for its telling is what the whole parser reads. */
#include "common/json/json.h"
#include "homeserver/room/event_build.h"
#include "homeserver/room/event_stored.h"
#include "homeserver/room/room_version.h"
#include "tests/unit/check.h"

#define HEAD "{\"auth_events\":[\"$a\",\"$}\\\"]\"],\"content\":"
#define TAIL \
	"\"prev_events\":[],\"room_id\":\"!r:h\",\"sender\":\"@a:h\",\"signatures\":{\"h\":{}},"

static void check_same(const char *text, const char *version_name, bool is_plain)
{
	ARENA_SCOPE(arena);
	const struct room_version *version = room_version_find(str_c(version_name));
	struct str room_id = STR("!r:h"), event_id = STR("$e");
	struct event *whole, *stored;

	check_ok(event_parse(arena, version, room_id, event_id, str_c(text), &whole));
	check_ok(event_stored_read(arena, version, room_id, event_id, str_c(text), &stored));
	assert_int_equal(stored->pdu == NULL, is_plain);
	assert_int_equal(stored->content_text.n != 0, is_plain);
	assert_true(str_eq(stored->type, whole->type));
	assert_true(str_eq(stored->sender, whole->sender));
	assert_int_equal(event_is_state(stored), event_is_state(whole));
	assert_true(str_eq(stored->state_key, whole->state_key));
	assert_true(str_eq(stored->redacts, whole->redacts));
	assert_true(stored->origin_server_ts == whole->origin_server_ts);
	assert_true(stored->depth == whole->depth);

	BUF_SCOPE(one, EVENT_MAX_BYTES);
	BUF_SCOPE(other, EVENT_MAX_BYTES);
	json_write(whole->content, &one);
	json_write(stored->content, &other);
	assert_true(str_eq(buf_str(&one), buf_str(&other)));
	if (is_plain)
		assert_true(str_eq(buf_str(&one), stored->content_text));
}

static void the_same_is_read(void **state)
{
	(void)state;
	check_same(HEAD
		"{\"body\":\"} \\\" ]\",\"n\":[1,{\"type\":\"x\"}]},\"depth\":7,\"hashes\":{},"
		"\"origin_server_ts\":12," TAIL "\"type\":\"m.room.message\"}",
		"12", true);
	check_same(HEAD "{},\"depth\":1,\"origin_server_ts\":-3," TAIL
			"\"state_key\":\"\",\"type\":\"m.room.name\"}",
		"12", true);
	check_same(HEAD "{\"redacts\":\"$x\"},\"depth\":1,\"origin_server_ts\":0," TAIL
			"\"type\":\"m.room.redaction\"}",
		"12", true);
	check_same(HEAD "{},\"depth\":1,\"origin_server_ts\":0,\"redacts\":\"$x\"," TAIL
			"\"type\":\"m.room.redaction\"}",
		"6", true);
}

static void other_forms_are_parsed_whole(void **state)
{
	(void)state;
	check_same(HEAD "{},\"depth\":1,\"origin_server_ts\":0," TAIL
			"\"state_key\":\"a\\\\b\",\"type\":\"m.room.name\"}",
		"12", false);
	check_same(HEAD "{}, \"depth\": 1,\"origin_server_ts\":0," TAIL "\"type\":\"m.x\"}", "12",
		false);
}

static void damage_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"{\"content\"",
		"{\"content\":{\"a\":\"\\",
		"{\"content\":{}]}",
		"{\"content\":[],\"depth\":1,\"origin_server_ts\":1,\"sender\":\"@a:h\",\"type\":"
		"\"t\"}",
		"{\"content\":{},\"depth\":1,\"origin_server_ts\":1,\"sender\":7,\"type\":\"t\"}",
		"{\"content\":{},\"depth\":,\"origin_server_ts\":1,\"sender\":\"@a:h\",\"type\":"
		"\"t\"}",
		"{\"content\":{},\"depth\":1,\"origin_server_ts\":1,\"sender\":\"@a:h\",\"type\":"
		"\"t\"",
	};
	ARENA_SCOPE(arena);
	struct event *event;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(event_stored_read(arena, room_version_find(STR("12")), STR("!r:h"),
					 STR("$e"), str_c(texts[i]), &event),
			STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_read),
		cmocka_unit_test(other_forms_are_parsed_whole),
		cmocka_unit_test(damage_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
