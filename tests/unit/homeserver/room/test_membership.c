/* SPDX-License-Identifier: Apache-2.0 */
/* Memberships, what they open to whom, and new rooms. */
#include "homeserver/room/event_format.h"
#include "homeserver/room/power.h"
#include "homeserver/room/room_page.h"
#include "homeserver/store/membership_store.h"
#include "tests/unit/homeserver/room/room_world.h"

#define ALICE "@alice:h"
#define BOB   "@bob:h"

static enum membership membership_of(struct world *w, struct str room, const char *user)
{
	enum membership membership;

	check_ok(membership_get(w->db, room, str_c(user), &membership));
	return membership;
}

static void coming_and_going(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PRIVATE, ALICE), json;
	struct room_row row;
	struct str_list rooms;

	check_status(world_member(w, MEMBER_JOIN, room, BOB, BOB), STATUS_DENIED);
	check_ok(world_member(w, MEMBER_INVITE, room, ALICE, BOB));
	check_ok(membership_invite_state(w->db, w->arena, room, STR(BOB), &json));
	assert_true(str_find(json, STR("m.room.create")) > 0);
	assert_true(str_find(json, STR("\"state_key\":\"@bob:h\"")) > 0);
	check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
	check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
	check_status(
		membership_invite_state(w->db, w->arena, room, STR(BOB), &json), STATUS_NOT_FOUND);
	check_ok(room_store_find(w->db, w->arena, room, &row));
	assert_int_equal(row.joined_count, 2);
	check_status(world_member(w, MEMBER_UNBAN, room, ALICE, BOB), STATUS_DENIED);
	check_ok(world_member(w, MEMBER_BAN, room, ALICE, BOB));
	assert_int_equal(membership_of(w, room, BOB), MEMBERSHIP_BAN);
	check_status(world_member(w, MEMBER_KICK, room, ALICE, BOB), STATUS_DENIED);
	check_ok(world_member(w, MEMBER_UNBAN, room, ALICE, BOB));
	check_status(world_member(w, MEMBER_LEAVE, room, BOB, BOB), STATUS_DENIED);
	check_ok(world_member(w, MEMBER_LEAVE, room, ALICE, ALICE));
	check_ok(room_store_find(w->db, w->arena, room, &row));
	assert_int_equal(row.joined_count, 0);
	check_ok(membership_joined_rooms(w->db, w->arena, STR(BOB), &rooms));
	assert_int_equal(rooms.count, 0);
}

static void knocking(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PRIVATE, ALICE), json;

	check_status(world_member(w, MEMBER_KNOCK, room, BOB, BOB), STATUS_DENIED);
	world_say(w, room, ALICE, "m.room.join_rules", "", "{\"join_rule\":\"knock\"}");
	check_ok(world_member(w, MEMBER_KNOCK, room, BOB, BOB));
	check_ok(membership_invite_state(w->db, w->arena, room, STR(BOB), &json));
	check_ok(world_member(w, MEMBER_INVITE, room, ALICE, BOB));
	check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
}

static void restricted_rooms(void **state)
{
	struct world *w = *state;
	struct str space = world_create(w, "12", PRESET_PUBLIC, ALICE);
	struct str room = world_create(w, "12", PRESET_PRIVATE, ALICE);
	struct event *member;

	world_say(w, room, ALICE, "m.room.join_rules", "",
		arena_c_str(w->arena, arena_printf(w->arena,
					      "{\"join_rule\":\"restricted\",\"allow\":[{\"type\":"
					      "\"m.room_membership\",\"room_id\":\"%.*s\"}]}",
					      STR_FMT(space))));
	check_status(world_member(w, MEMBER_JOIN, room, BOB, BOB), STATUS_DENIED);
	check_ok(world_member(w, MEMBER_JOIN, space, BOB, BOB));
	check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
	check_ok(room_state_get(
		w->db, w->arena, room, STR("m.room.member"), STR(BOB), STATE_NOW, &member));
	check_str(json_str(json_get(member->content, "join_authorised_via_users_server")), ALICE);
}

static size_t seen_by(struct world *w, struct str room, const char *user)
{
	struct room_page_request request = {
		.room_id = room, .from = INT64_MAX, .backward = true, .limit = 100};
	struct room_page page;
	struct visibility *visibility;
	size_t messages = 0;

	check_ok(visibility_load(w->db, w->arena, room, str_c(user), &visibility));
	request.visibility = visibility;
	check_ok(room_page_read(w->db, w->arena, &request, &page));
	assert_false(page.has_more);
	for (size_t i = 0; i < page.events.count; i++)
		if (str_eq_c(page.events.items[i]->type, "m.room.message"))
			messages++;
	return messages;
}

/* Bob is absent, invited, joined, gone, and gone; a message in each of the first four. */
static struct str visibility_room(struct world *w, const char *history)
{
	struct str room = world_create(w, "12", PRESET_PRIVATE, ALICE);

	world_say(w, room, ALICE, "m.room.history_visibility", "",
		arena_c_str(w->arena,
			arena_printf(w->arena, "{\"history_visibility\":\"%s\"}", history)));
	world_say(w, room, ALICE, "m.room.message", NULL, "{\"body\":\"before\"}");
	check_ok(world_member(w, MEMBER_INVITE, room, ALICE, BOB));
	world_say(w, room, ALICE, "m.room.message", NULL, "{\"body\":\"invited\"}");
	return room;
}

static void history_visibility(void **state)
{
	static const struct {
		const char *history;
		size_t invited, joined, left, stranger;
	} cases[] = {
		{"joined", 0, 1, 1, 0},
		{"invited", 1, 2, 2, 0},
		{"shared", 0, 3, 3, 0},
		{"world_readable", 2, 3, 4, 4},
		{"nonsense", 0, 3, 3, 0},
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str room = visibility_room(w, cases[i].history);

		assert_int_equal(seen_by(w, room, BOB), cases[i].invited);
		check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
		world_say(w, room, ALICE, "m.room.message", NULL, "{\"body\":\"joined\"}");
		assert_int_equal(seen_by(w, room, BOB), cases[i].joined);
		check_ok(world_member(w, MEMBER_LEAVE, room, BOB, BOB));
		world_say(w, room, ALICE, "m.room.message", NULL, "{\"body\":\"left\"}");
		assert_int_equal(seen_by(w, room, BOB), cases[i].left);
		assert_int_equal(seen_by(w, room, "@eve:h"), cases[i].stranger);
		assert_int_equal(seen_by(w, room, ""), cases[i].stranger);
	}
}

static void state_ends_where_one_left(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PUBLIC, ALICE);
	struct visibility *visibility;
	struct event *name;

	check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
	world_say(w, room, ALICE, "m.room.name", "", "{\"name\":\"A\"}");
	check_ok(world_member(w, MEMBER_LEAVE, room, BOB, BOB));
	world_say(w, room, ALICE, "m.room.name", "", "{\"name\":\"B\"}");
	check_ok(visibility_load(w->db, w->arena, room, STR(BOB), &visibility));
	assert_int_equal(visibility_membership(visibility), MEMBERSHIP_LEAVE);
	check_ok(room_state_get(w->db, w->arena, room, STR("m.room.name"), STR(""),
		visibility_state_position(visibility), &name));
	check_str(json_str(json_get(name->content, "name")), "A");
	check_ok(visibility_load(w->db, w->arena, room, STR("@eve:h"), &visibility));
	assert_int_equal(visibility_state_position(visibility), 0);
	check_ok(visibility_load(w->db, w->arena, STR("!none:h"), STR(BOB), &visibility));
	assert_int_equal(visibility_state_position(visibility), 0);
}

static void trusted_rooms_share_the_power(void **state)
{
	static const char *const versions[] = {"11", "12"};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct world_job job = {.world = w};
		struct power power;

		job.creation = (struct room_creation){
			.creator = STR(ALICE),
			.version = room_version_find(str_c(versions[i])),
			.preset = PRESET_TRUSTED_PRIVATE,
			.is_direct = true,
		};
		check_ok(json_parse(w->arena, STR("[\"@bob:h\"]"), &job.creation.invite, NULL));
		check_ok(db_write(w->hs.writer, world_create_change, &job));
		check_ok(power_load(w->db, w->arena, job.room_id, &power));
		assert_int_equal(
			power_of_user(&power, STR(BOB)), power_of_user(&power, STR(ALICE)));
		assert_int_equal(power_of_user(&power, STR(BOB)), i == 0 ? 100 : POWER_INFINITE);
		assert_int_equal(
			power_to_send(&power, STR("m.room.tombstone"), true), i == 0 ? 100 : 150);
		assert_int_equal(membership_of(w, job.room_id, BOB), MEMBERSHIP_INVITE);
	}
}

static void a_room_that_breaks_the_rules_is_not_made(void **state)
{
	struct world *w = *state;
	struct world_job job = {.world = w};
	struct str_list rooms;

	job.creation = (struct room_creation){
		.creator = STR(ALICE),
		.version = room_version_find(STR("11")),
		.name = STR("too late"),
	};
	check_ok(json_parse(w->arena, STR("{\"users\":{\"@alice:h\":10}}"),
		&job.creation.power_override, NULL));
	check_status(db_write(w->hs.writer, world_create_change, &job), STATUS_DENIED);
	assert_non_null(job.why);
	check_ok(membership_joined_rooms(w->db, w->arena, STR(ALICE), &rooms));
	assert_int_equal(rooms.count, 0);
}

static void events_as_clients_see_them(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "10", PRESET_PUBLIC, ALICE);
	struct event_format format = {.db = w->db, .arena = w->arena, .user_id = STR(ALICE)};
	struct visibility *visibility;
	const struct json *json;
	struct event *event;
	struct json_writer jw;
	BUF_SCOPE(text, 65536);

	world_say(w, room, ALICE, "m.room.name", "", "{\"name\":\"A\"}");
	int64_t b = world_say(w, room, ALICE, "m.room.name", "", "{\"name\":\"B\"}");
	check_ok(room_event_at(w->db, w->arena, b, &event));
	check_ok(visibility_load(w->db, w->arena, room, STR(ALICE), &visibility));
	format.visibility = visibility;
	format.now = event->origin_server_ts + 12;
	jw_init(&jw, &text);
	check_ok(event_write_client(&jw, event, &format));
	check_ok(json_parse(w->arena, arena_str(w->arena, buf_str(&text)), &json, NULL));
	check_str(json_str(json_path(json, "unsigned", "prev_content", "name", NULL)), "A");
	check_str(json_str(json_path(json, "unsigned", "membership", NULL)), "join");
	assert_int_equal(json_int(json_path(json, "unsigned", "age", NULL), 0), 12);
	assert_null(json_get(json, "auth_events"));
	assert_null(json_get(json, "hashes"));
	check_str(json_str(json_get(json, "room_id")), arena_c_str(w->arena, room));

	check_ok(json_parse(w->arena, STR("[\"sender\",\"content.name\",\"unsigned.age\"]"),
		&format.fields, NULL));
	buf_clear(&text);
	jw_init(&jw, &text);
	check_ok(event_write_client(&jw, event, &format));
	check_ok(json_parse(w->arena, arena_str(w->arena, buf_str(&text)), &json, NULL));
	check_str(json_str(json_path(json, "content", "name", NULL)), "B");
	assert_int_equal(json_int(json_path(json, "unsigned", "age", NULL), 0), 12);
	assert_null(json_path(json, "unsigned", "prev_content", NULL));
	assert_null(json_get(json, "room_id"));
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		WORLD_TEST(coming_and_going),
		WORLD_TEST(knocking),
		WORLD_TEST(restricted_rooms),
		WORLD_TEST(history_visibility),
		WORLD_TEST(state_ends_where_one_left),
		WORLD_TEST(trusted_rooms_share_the_power),
		WORLD_TEST(a_room_that_breaks_the_rules_is_not_made),
		WORLD_TEST(events_as_clients_see_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
