/* SPDX-License-Identifier: Apache-2.0 */
/* Events entering rooms: idempotency, limits, redaction, state now and then. */
#include "homeserver/room/event_hash.h"
#include "homeserver/room/event_refs.h"
#include "homeserver/store/event_store.h"
#include "homeserver/store/membership_store.h"
#include "tests/unit/homeserver/room/room_world.h"

#define ALICE "@alice:h"
#define BOB   "@bob:h"

static struct str make_room(struct world *w, const char *version)
{
	struct str room = world_create(w, version, PRESET_PUBLIC, ALICE);

	check_ok(world_member(w, MEMBER_JOIN, room, BOB, BOB));
	return room;
}

static struct event *state_of(struct world *w, struct str room, const char *type, int64_t at)
{
	struct event *event;

	check_ok(room_state_find(w->db, w->arena, room, str_c(type), STR(""), at, &event));
	return event;
}

static void every_version_makes_rooms(void **state)
{
	struct world *w = *state;
	size_t count;
	const struct room_version *versions = room_version_all(&count);

	for (size_t i = 0; i < count; i++) {
		const char *name = arena_c_str(w->arena, versions[i].name);
		struct str room = make_room(w, name);
		struct event_list events;
		struct event_range range = {room, 0, INT64_MAX, false, 100};
		struct event *create = state_of(w, room, "m.room.create", STATE_NOW);

		check_str(json_str(json_get(create->content, "room_version")), name);
		assert_int_equal(json_get(create->content, "creator") != NULL,
			versions[i].create_names_creator);
		assert_int_equal(str_index(room, ':') < 0, versions[i].room_id_is_hash);
		check_ok(room_events_range(w->db, w->arena, &range, &events));
		assert_int_equal(events.count, 7);
		for (size_t e = 0; e < events.count; e++) {
			struct event *event;
			const struct json *prev;
			struct str hash;

			check_ok(room_event_at(w->db, w->arena, events.items[e]->position, &event));
			prev = event_prev(event);
			assert_true(
				event_content_hash_matches(w->arena, event->version, event->pdu));
			assert_int_equal(event->depth, (int64_t)e + 1);
			assert_int_equal(json_count(prev), e == 0 ? 0 : 1);
			if (e == 0)
				continue;
			assert_true(
				str_eq(event_ref(event, prev, 0), events.items[e - 1]->event_id));
			if (versions[i].event_id_form != EVENT_ID_GIVEN)
				continue;
			check_ok(room_event_at(
				w->db, w->arena, events.items[e - 1]->position, &event));
			check_ok(event_reference_hash(w->arena, &versions[i], event->pdu, &hash));
			assert_true(str_eq(
				hash, json_str(json_get(json_at(json_at(prev, 0), 1), "sha256"))));
		}
	}
}

static void a_transaction_is_done_once(void **state)
{
	struct world *w = *state;
	struct str room = make_room(w, "12");
	struct world_job job = world_draft(w, room, BOB, "m.room.message", "{\"body\":\"1\"}");
	struct str first, txn;
	int64_t position;

	job.draft.device_id = STR("PHONE");
	job.draft.txn_id = STR("t1");
	check_ok(world_send(&job));
	first = job.event_id;
	position = job.position;
	job.draft.content = STR("{\"body\":\"2\"}");
	check_ok(world_send(&job));
	check_str(job.event_id, arena_c_str(w->arena, first));
	assert_int_equal(job.position, position);

	world_stop(w);
	world_start(w);
	check_ok(world_send(&job));
	check_str(job.event_id, arena_c_str(w->arena, first));
	check_ok(event_txn_of(w->db, w->arena, position, STR("PHONE"), &txn));
	check_str(txn, "t1");
	check_status(event_txn_of(w->db, w->arena, position, STR("OTHER"), &txn), STATUS_NOT_FOUND);

	job.draft.device_id = STR("OTHER");
	check_ok(world_send(&job));
	assert_false(str_eq(job.event_id, first));
	job.draft.device_id = STR("PHONE");
	job.draft.type = STR("m.reaction");
	check_ok(world_send(&job));
	assert_false(str_eq(job.event_id, first));
}

static void a_refused_transaction_may_be_tried_again(void **state)
{
	struct world *w = *state;
	struct str room = make_room(w, "12");
	struct world_job job = world_draft(w, room, "@eve:h", "m.room.message", "{}");

	job.draft.txn_id = STR("t");
	check_status(world_send(&job), STATUS_DENIED);
	assert_non_null(job.why);
	check_ok(world_member(w, MEMBER_JOIN, room, "@eve:h", "@eve:h"));
	check_ok(world_send(&job));
}

static void the_same_state_is_not_sent_again(void **state)
{
	struct world *w = *state;
	struct str room = make_room(w, "12");
	int64_t first = world_say(w, room, ALICE, "m.room.name", "", "{\"name\":\"A\",\"x\":1}");

	assert_int_equal(
		world_say(w, room, ALICE, "m.room.name", "", "{\"x\":1, \"name\":\"A\"}"), first);
	assert_true(world_say(w, room, ALICE, "m.room.name", "", "{\"name\":\"B\"}") > first);
}

static void limits(void **state)
{
	struct world *w = *state;
	struct str room = make_room(w, "12");
	char *large = mem_alloc(70000);
	struct world_job job = world_draft(w, room, BOB, "x", large);

	memset(large, 'a', 69999);
	memcpy(large, "{\"body\":\"", 9);
	large[65500] = '"';
	large[65501] = '}';
	large[65502] = 0;
	job.draft.content = str_c(large);
	check_status(world_send(&job), STATUS_TOO_LARGE);
	large[64000] = '"';
	large[64001] = '}';
	large[64002] = 0;
	job.draft.content = str_c(large);
	check_ok(world_send(&job));
	memset(large, 'a', 256);
	job.draft.content = STR("{}");
	job.draft.type = str_n(large, 256);
	check_status(world_send(&job), STATUS_TOO_LARGE);
	job.draft.type = str_n(large, 255);
	check_ok(world_send(&job));
	job.draft.content = STR("{\"a\":0.5}");
	check_status(world_send(&job), STATUS_INVALID);
	job.draft.content = STR("[]");
	check_status(world_send(&job), STATUS_INVALID);
	job.draft.content = STR("{}");
	job.draft.room_id = STR("!none:h");
	check_status(world_send(&job), STATUS_NOT_FOUND);
	free(large);
}

static void state_at_a_position(void **state)
{
	struct world *w = *state;
	struct str room = make_room(w, "11");
	int64_t a = world_say(w, room, ALICE, "m.room.name", "", "{\"name\":\"A\"}");
	int64_t b = world_say(w, room, ALICE, "m.room.name", "", "{\"name\":\"B\"}");
	int64_t topic = world_say(w, room, ALICE, "m.room.topic", "", "{\"topic\":\"T\"}");
	struct event_list all, some, delta;

	assert_null(state_of(w, room, "m.room.name", a - 1));
	check_str(json_str(json_get(state_of(w, room, "m.room.name", a)->content, "name")), "A");
	check_str(
		json_str(json_get(state_of(w, room, "m.room.name", b - 1)->content, "name")), "A");
	check_str(json_str(json_get(state_of(w, room, "m.room.name", b)->content, "name")), "B");
	check_str(json_str(json_get(state_of(w, room, "m.room.name", STATE_NOW)->content, "name")),
		"B");
	check_ok(room_state_list(w->db, w->arena, room, STATE_NOW, NULL, &all));
	check_ok(room_state_list(w->db, w->arena, room, b, NULL, &some));
	assert_int_equal(all.count, some.count + 1);
	check_ok(room_state_list(w->db, w->arena, room, STATE_NOW,
		&(struct state_select){.only_type = STR("m.room.member")}, &some));
	assert_int_equal(some.count, 2);
	check_ok(room_state_list(w->db, w->arena, room, STATE_NOW,
		&(struct state_select){.without_type = STR("m.room.member")}, &some));
	assert_int_equal(some.count, all.count - 2);

	check_ok(room_state_delta(w->db, w->arena, room, a - 1, topic, &delta));
	assert_int_equal(delta.count, 2);
	assert_int_equal(delta.items[0]->position, b);
	assert_int_equal(delta.items[1]->position, topic);
	check_ok(room_state_delta(w->db, w->arena, room, a - 1, a, &delta));
	assert_int_equal(delta.count, 1);
	assert_int_equal(delta.items[0]->position, a);
}

static void redaction(const char *version, struct world *w)
{
	struct str room = make_room(w, version);
	int64_t said = world_say(w, room, BOB, "m.room.message", NULL, "{\"body\":\"secret\"}");
	int64_t hers = world_say(w, room, ALICE, "m.room.message", NULL, "{\"body\":\"x\"}");
	struct world_job job = world_draft(w, room, BOB, "m.room.redaction", "{\"reason\":\"r\"}");
	struct event *event, *redaction_event;

	check_ok(room_event_at(w->db, w->arena, hers, &event));
	job.draft.redacts = event->event_id;
	check_status(world_send(&job), STATUS_DENIED);
	check_ok(room_event_at(w->db, w->arena, said, &event));
	job.draft.redacts = event->event_id;
	job.draft.sender = STR(ALICE);
	check_ok(world_send(&job));
	struct str redaction_id = job.event_id;
	check_ok(room_event_at(w->db, w->arena, said, &event));
	assert_true(event->redacted);
	check_str(event->redacted_by, arena_c_str(w->arena, redaction_id));
	assert_int_equal(json_count(event->content), 0);
	assert_int_equal(str_find(event->json, STR("secret")), -1);
	check_ok(room_event_find(w->db, w->arena, redaction_id, &redaction_event));
	check_str(redaction_event->redacts, arena_c_str(w->arena, event->event_id));

	job.draft.redacts = STR("$unknown");
	check_status(world_send(&job), STATUS_NOT_FOUND);
	job.draft.redacts = state_of(w, room, "m.room.create", STATE_NOW)->event_id;
	check_status(world_send(&job), STATUS_DENIED);
	job.draft.redacts = STR_EMPTY;
	check_status(world_send(&job), STATUS_INVALID);
}

static void redaction_before_11(void **state)
{
	redaction("10", *state);
}

static void redaction_from_11(void **state)
{
	redaction("12", *state);
}

static void redaction_does_not_leave_the_room(void **state)
{
	struct world *w = *state;
	struct str room = make_room(w, "12"), other = make_room(w, "12");
	int64_t said = world_say(w, other, BOB, "m.room.message", NULL, "{\"body\":\"x\"}");
	struct world_job job = world_draft(w, room, ALICE, "m.room.redaction", "{}");
	struct event *event;

	check_ok(room_event_at(w->db, w->arena, said, &event));
	job.draft.redacts = event->event_id;
	check_status(world_send(&job), STATUS_NOT_FOUND);
}

static enum status refuse(struct db_tx *tx, const struct event *event)
{
	(void)tx;
	return str_eq_c(event->type, "refused") ? STATUS_IO : STATUS_OK;
}

static void an_observer_rolls_back(void **state)
{
	struct world *w = *state;
	struct str room = make_room(w, "12");
	struct world_job job = world_draft(w, room, BOB, "refused", "{}");
	struct event_list events;
	struct event_range range = {room, 0, INT64_MAX, true, 1};

	w->hs.observers[w->hs.observer_count++].on_event = refuse;
	check_status(world_send(&job), STATUS_IO);
	world_say(w, room, BOB, "fine", NULL, "{}");
	check_ok(room_events_range(w->db, w->arena, &range, &events));
	check_str(events.items[0]->type, "fine");
	assert_int_equal(events.items[0]->depth, 8);
}

static enum status refuse_levels(struct db_tx *tx, const struct event *event)
{
	(void)tx;
	return str_eq_c(event->type, "m.room.power_levels") ? STATUS_IO : STATUS_OK;
}

/* What auth looks at is kept at hand, and follows the state at once and when it is taken back. */
static void power_counts_from_the_next_event_on(void **state)
{
	static const char muted[] = "{\"events_default\":50,\"users\":{}}";
	struct world *w = *state;
	struct str room = make_room(w, "12");
	struct world_job levels = world_draft(w, room, ALICE, "m.room.power_levels", muted);
	struct world_job said = world_draft(w, room, BOB, "m.room.message", "{\"body\":\"x\"}");

	levels.draft.state_key = STR("");
	world_say(w, room, BOB, "m.room.message", NULL, "{}");
	w->hs.observers[w->hs.observer_count++].on_event = refuse_levels;
	check_status(world_send(&levels), STATUS_IO);
	check_ok(world_send(&said));
	w->hs.observer_count--;
	check_ok(world_send(&levels));
	check_status(world_send(&said), STATUS_DENIED);
	world_say(w, room, ALICE, "m.room.power_levels", "", "{\"users\":{}}");
	check_ok(world_send(&said));
}

int main(void)
{
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		WORLD_TEST(every_version_makes_rooms),
		WORLD_TEST(a_transaction_is_done_once),
		WORLD_TEST(a_refused_transaction_may_be_tried_again),
		WORLD_TEST(the_same_state_is_not_sent_again),
		WORLD_TEST(limits),
		WORLD_TEST(state_at_a_position),
		WORLD_TEST(redaction_before_11),
		WORLD_TEST(redaction_from_11),
		WORLD_TEST(redaction_does_not_leave_the_room),
		WORLD_TEST(an_observer_rolls_back),
		WORLD_TEST(power_counts_from_the_next_event_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
