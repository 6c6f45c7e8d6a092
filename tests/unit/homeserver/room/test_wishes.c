/* SPDX-License-Identifier: Apache-2.0 */
/* What accounts are and wish, as rooms see it: guests, blocked invites, ignored and erased users. */
#include "homeserver/room/erased.h"
#include "homeserver/room/guest_access.h"
#include "homeserver/room/ignored_users.h"
#include "homeserver/room/invite_permission.h"
#include "homeserver/room/visibility.h"
#include "homeserver/store/account_data_store.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/membership_store.h"
#include "tests/unit/homeserver/room/room_world.h"

#define ALICE "@alice:h"
#define BOB   "@bob:h"
#define GUEST "@guest:h"

struct wish {
	const char *user_id;
	const char *type;
	const char *content;
};

static enum status wish_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct wish *wish = arg;
	const struct account_data data = {
		.room_id = STR(""),
		.type = str_c(wish->type),
		.content = str_c(wish->content),
		.position = stream_next(tx),
	};

	return account_data_put(tx, str_c(wish->user_id), &data);
}

static void wishes(struct world *w, const char *type, const char *content)
{
	struct wish wish = {BOB, type, content};

	check_ok(db_write(w->hs.writer, wish_change, &wish));
}

static enum status guest_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct account account = {.user_id = STR(GUEST), .created_ts = 1, .is_guest = true};

	(void)arg;
	return account_create(tx, &account);
}

static enum status enforce_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct str *room = arg;

	return guest_access_enforce(tx, *room);
}

static void guests_come_and_go_as_the_room_says(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PUBLIC, ALICE);
	enum membership membership;

	check_ok(db_write(w->hs.writer, guest_change, NULL));
	check_status(world_member(w, MEMBER_JOIN, room, GUEST, GUEST), STATUS_DENIED);
	world_say(w, room, ALICE, "m.room.guest_access", "", "{\"guest_access\":\"can_join\"}");
	check_ok(world_member(w, MEMBER_JOIN, room, GUEST, GUEST));
	check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
	check_ok(db_write(w->hs.writer, enforce_change, &room));
	check_ok(membership_get(w->db, room, STR(GUEST), &membership));
	assert_int_equal(membership, MEMBERSHIP_JOIN);
	world_say(w, room, ALICE, "m.room.guest_access", "", "{\"guest_access\":3}");
	check_ok(db_write(w->hs.writer, enforce_change, &room));
	check_ok(membership_get(w->db, room, STR(GUEST), &membership));
	assert_int_equal(membership, MEMBERSHIP_LEAVE);
	check_ok(membership_get(w->db, room, STR(BOB), &membership));
	assert_int_equal(membership, MEMBERSHIP_JOIN);
}

static void check_blocks(struct world *w, const char *content, bool expected)
{
	bool blocks;

	wishes(w, "m.invite_permission_config", content);
	check_ok(invite_permission_blocks(w->db, w->arena, STR(BOB), &blocks));
	assert_int_equal(blocks, expected);
}

static void invites_are_blocked_by_one_word(void **state)
{
	struct world *w = *state;
	bool blocks;

	check_ok(invite_permission_blocks(w->db, w->arena, STR(BOB), &blocks));
	assert_false(blocks);
	check_blocks(w, "{\"default_action\":\"block\"}", true);
	check_blocks(w, "{\"default_action\":\"allow\"}", false);
	check_blocks(w, "{\"default_action\":[\"block\"]}", false);
	check_blocks(w, "{}", false);
	wishes(w, "org.matrix.msc4380.invite_permission_config", "{\"default_action\":\"block\"}");
	check_ok(invite_permission_blocks(w->db, w->arena, STR(BOB), &blocks));
	assert_true(blocks);
}

static void the_ignore_list_is_read_as_it_comes(void **state)
{
	static const char *const none[] = {
		"{}", "{\"ignored_users\":[]}", "{\"ignored_users\":\"@alice:h\"}"};
	struct world *w = *state;
	struct str_list list;

	check_ok(ignored_users_load(w->db, w->arena, STR(BOB), &list));
	assert_int_equal(list.count, 0);
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		wishes(w, "m.ignored_user_list", none[i]);
		check_ok(ignored_users_load(w->db, w->arena, STR(BOB), &list));
		assert_int_equal(list.count, 0);
	}
	wishes(w, "m.ignored_user_list",
		"{\"ignored_users\":{\"@alice:h\":{},\"@bob:h\":{},\"x\":1}}");
	check_ok(ignored_users_load(w->db, w->arena, STR(BOB), &list));
	assert_true(ignored_users_have(&list, STR(ALICE)));
	assert_false(ignored_users_have(&list, STR(BOB)));
	assert_false(ignored_users_have(&list, STR(GUEST)));
}

static enum status erase_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	(void)arg;
	return account_erase(tx, STR(ALICE), stream_next(tx));
}

static void check_content(
	struct world *w, struct str room, int64_t position, const char *reader, const char *content)
{
	struct visibility *visibility;
	struct event_format format = {.db = w->db, .arena = w->arena};
	const struct json *seen;
	struct event *event;
	BUF_SCOPE(text, 1000);

	check_ok(visibility_load(w->db, w->arena, room, str_c(reader), &visibility));
	format.visibility = visibility;
	check_ok(room_event_at(w->db, w->arena, position, &event));
	check_ok(erased_content(event, &format, &seen));
	json_write(seen, &text);
	check_str(buf_str(&text), content);
}

static void erased_messages_stay_for_who_was_there(void **state)
{
	static const char body[] = "{\"body\":\"x\"}";
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PUBLIC, ALICE);
	int64_t message = world_say(w, room, ALICE, "m.room.message", NULL, body);
	int64_t topic = world_say(w, room, ALICE, "m.room.topic", "", "{\"topic\":\"t\"}");

	check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
	check_ok(world_member(w, MEMBER_LEAVE, room, BOB, BOB));
	int64_t later = world_say(w, room, ALICE, "m.room.message", NULL, body);
	check_content(w, room, message, GUEST, body);
	check_ok(db_write(w->hs.writer, erase_change, NULL));
	check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
	check_content(w, room, message, BOB, body);
	check_content(w, room, later, BOB, "{}");
	check_content(w, room, message, GUEST, "{}");
	check_content(w, room, topic, GUEST, "{\"topic\":\"t\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			guests_come_and_go_as_the_room_says, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			invites_are_blocked_by_one_word, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			the_ignore_list_is_read_as_it_comes, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			erased_messages_stay_for_who_was_there, world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
