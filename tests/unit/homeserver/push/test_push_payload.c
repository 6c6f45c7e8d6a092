/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_payload.h"

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/homeserver.h"
#include "tests/unit/homeserver/room/room_world.h"

static const struct push_counts counts = {.unread = 3};

static struct pusher pusher_with(const char *data)
{
	return (struct pusher){.user_id = STR("@bob:h"),
		.app_id = STR("app"),
		.pushkey = STR("key"),
		.kind = STR("http"),
		.data = str_c(data),
		.created_ts = 5000};
}

static void urls_of_gateways(void **state)
{
	static const char *const good[] = {"https://a/_matrix/push/v1/notify",
		"https://a.example:8443/_matrix/push/v1/notify?k=v"};
	static const char *const bad[] = {"", "https://", "https:///_matrix/push/v1/notify",
		"https://a", "https://a/", "https://a/_matrix/push/v1/notify/",
		"https://a/x/_matrix/push/v1/notify", "ftp://a/_matrix/push/v1/notify"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(push_target_url_ok(str_c(good[i]), false));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(push_target_url_ok(str_c(bad[i]), true));
	assert_false(push_target_url_ok(STR("http://a/_matrix/push/v1/notify"), false));
	assert_true(push_target_url_ok(STR("http://a/_matrix/push/v1/notify"), true));
}

static void answers_of_gateways(void **state)
{
	static const char *const not_rejected[] = {"", "x", "[]", "{}", "{\"rejected\":\"key\"}",
		"{\"rejected\":[\"other\",1,null,{\"key\":1}]}"};
	ARENA_SCOPE(arena);
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(not_rejected); i++)
		assert_false(push_answer_rejects(arena, str_c(not_rejected[i]), STR("key")));
	assert_true(push_answer_rejects(arena, STR("{\"rejected\":[\"a\",\"key\"]}"), STR("key")));
}

static const struct json *notification(struct world *w, struct str payload)
{
	const struct json *json;
	check_ok(json_parse(w->arena, payload, &json, NULL));
	return json_get(json, "notification");
}

/* A room with a message of Alice, whom nothing but its members name. */
static struct event *a_message(struct world *w, const char *type, const char *content)
{
	struct str room = world_create(w, "12", PRESET_PUBLIC, "@alice:h");
	check_ok(world_member(w, MEMBER_JOIN, room, "@bob:h", "@bob:h"));
	int64_t position = world_say(w, room, "@alice:h", type, NULL, content);
	struct event *event;
	check_ok(room_event_at(w->db, w->arena, position, &event));
	return event;
}

static void the_whole_event(void **state)
{
	struct world *w = *state;
	struct event *event =
		a_message(w, "m.room.message", "{\"body\":\"x\",\"msgtype\":\"m.text\"}");
	const struct pusher pusher =
		pusher_with("{\"url\":\"https://a\",\"format\":\"other\",\"custom\":[1]}");
	struct str payload;
	check_ok(push_payload_event(w->db, w->arena, &pusher, event,
		STR("[\"notify\",{\"set_tweak\":\"highlight\",\"value\":false},"
		    "{\"set_tweak\":\"x\",\"value\":[2]}]"),
		&counts, &payload));
	const struct json *told = notification(w, payload);
	const struct json *device = json_at(json_get(told, "devices"), 0);
	check_str(json_str(json_get(told, "event_id")), event->event_id.p);
	check_str(json_str(json_get(told, "sender_display_name")), "@alice:h");
	check_str(json_str(json_get(told, "room_name")), "@alice:h");
	check_str(json_str(json_path(told, "content", "body", NULL)), "x");
	/* A highlight that is none wakes nobody. */
	check_str(json_str(json_get(told, "prio")), "low");
	assert_int_equal(json_int(json_path(told, "counts", "unread", NULL), 0), 3);
	assert_null(json_path(told, "counts", "missed_calls", NULL));
	assert_int_equal(json_int(json_get(device, "pushkey_ts"), 0), 5);
	assert_null(json_path(device, "data", "url", NULL));
	assert_int_equal(json_count(json_path(device, "data", "custom", NULL)), 1);
	assert_int_equal(json_count(json_path(device, "tweaks", "x", NULL)), 1);
}

static void the_event_id_only(void **state)
{
	struct world *w = *state;
	struct event *event = a_message(w, "m.room.encrypted", "{\"ciphertext\":\"x\"}");
	const struct pusher pusher =
		pusher_with("{\"format\":\"event_id_only\","
			    "\"org.matrix.msc4076.disable_badge_count\":true}");
	struct str payload;
	check_ok(push_payload_event(
		w->db, w->arena, &pusher, event, STR("[\"notify\"]"), &counts, &payload));
	const struct json *told = notification(w, payload);
	check_str(json_str(json_get(told, "prio")), "high");
	assert_null(json_get(told, "content"));
	assert_null(json_get(told, "counts"));
	assert_int_equal(json_count(told), 4);
}

static void the_numbers_alone(void **state)
{
	struct world *w = *state;
	const struct pusher pusher = pusher_with("not json");
	const struct push_counts none = {0};
	struct str payload;
	check_ok(push_payload_counts(w->arena, &pusher, &none, &payload));
	const struct json *told = notification(w, payload);
	assert_int_equal(json_int(json_path(told, "counts", "unread", NULL), -1), 0);
	assert_int_equal(json_count(told), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_of_gateways),
		cmocka_unit_test(answers_of_gateways),
		cmocka_unit_test_setup_teardown(the_whole_event, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(the_event_id_only, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(the_numbers_alone, world_set_up, world_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
