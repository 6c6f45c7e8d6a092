/* SPDX-License-Identifier: Apache-2.0 */
/* What is scheduled, by transaction and by number, and what closes it; without the thread. */
#include "homeserver/room/delayed_events.h"

#include "homeserver/store/delayed_event_store.h"
#include "tests/unit/homeserver/room/room_world.h"

#define HOUR INT64_C(3600000)

struct job {
	struct world *world;
	struct event_draft draft;
	struct str delay_id;
	int64_t retry_ms;
	enum delayed_action action;
	const char *why;
};

static enum status schedule_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct job *job = arg;
	struct str delay_id = STR_EMPTY;
	enum status status =
		delayed_events_schedule(tx, &job->draft, HOUR, &delay_id, &job->retry_ms);
	job->delay_id = arena_str(job->world->arena, delay_id);
	return status;
}

static enum status manage_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct job *job = arg;
	return delayed_events_manage(tx, job->delay_id, job->action, &job->why);
}

static enum status schedule(struct world *w, struct job *job)
{
	job->world = w;
	return db_write(w->hs.writer, schedule_change, job);
}

static enum status act(struct world *w, struct job *job, enum delayed_action action)
{
	job->action = action;
	return db_write(w->hs.writer, manage_change, job);
}

static struct job message(struct str room, const char *txn_id)
{
	return (struct job){.draft = {.room_id = room,
				    .sender = STR("@alice:h"),
				    .type = STR("m.room.message"),
				    .content = STR("{\"body\":\"x\"}"),
				    .device_id = STR("D"),
				    .txn_id = str_c(txn_id)}};
}

static struct delayed_event found(struct world *w, const struct job *job)
{
	struct delayed_event event;
	check_ok(delayed_event_find(w->db, w->arena, job->delay_id, &event));
	return event;
}

static void a_transaction_schedules_once(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PRIVATE, "@alice:h");
	struct job first = message(room, "t"), again = message(room, "t");
	struct job other = message(room, "u"), none = message(room, NULL);
	check_ok(schedule(w, &first));
	check_ok(schedule(w, &again));
	check_ok(schedule(w, &other));
	check_ok(schedule(w, &none));
	assert_true(str_eq(first.delay_id, again.delay_id));
	assert_false(str_eq(first.delay_id, other.delay_id));
	assert_false(str_eq(other.delay_id, none.delay_id));
}

static void what_can_never_be_an_event(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PRIVATE, "@alice:h");
	struct job fraction = message(room, NULL), nowhere = message(STR("!none"), NULL);
	fraction.draft.content = STR("{\"n\":0.5}");
	check_status(schedule(w, &fraction), STATUS_INVALID);
	fraction.draft.content = STR("[]");
	check_status(schedule(w, &fraction), STATUS_INVALID);
	check_status(schedule(w, &nowhere), STATUS_NOT_FOUND);
}

static void so_many_of_one_user(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PRIVATE, "@alice:h");
	struct job job = message(room, NULL), other = message(room, NULL);
	for (int i = 0; i < DELAYED_EVENTS_PER_USER; i++)
		check_ok(schedule(w, &job));
	check_status(schedule(w, &other), STATUS_LIMITED);
	assert_in_range(other.retry_ms, 1, HOUR);
	check_ok(act(w, &job, DELAYED_CANCEL));
	check_ok(schedule(w, &other));
	other.draft.sender = STR("@bob:h");
	check_ok(schedule(w, &other));
}

static void what_is_closed_stays_closed(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PRIVATE, "@alice:h");
	struct job sent = message(room, NULL), cancelled = message(room, NULL);
	check_ok(schedule(w, &sent));
	check_ok(schedule(w, &cancelled));
	check_ok(act(w, &sent, DELAYED_RESTART));
	check_ok(act(w, &sent, DELAYED_SEND));
	struct str event_id = found(w, &sent).event_id;
	assert_non_null(event_id.p);
	check_ok(act(w, &sent, DELAYED_SEND));
	assert_true(str_eq(found(w, &sent).event_id, event_id));
	check_status(act(w, &sent, DELAYED_CANCEL), STATUS_NOT_FOUND);
	check_status(act(w, &sent, DELAYED_RESTART), STATUS_NOT_FOUND);
	check_ok(act(w, &cancelled, DELAYED_CANCEL));
	check_ok(act(w, &cancelled, DELAYED_CANCEL));
	check_status(act(w, &cancelled, DELAYED_SEND), STATUS_NOT_FOUND);
	assert_null(found(w, &cancelled).event_id.p);
}

static void a_send_that_fails_stays_scheduled(void **state)
{
	struct world *w = *state;
	struct str room = world_create(w, "12", PRESET_PRIVATE, "@alice:h");
	struct job job = message(room, NULL);
	job.draft.sender = STR("@stranger:h");
	check_ok(schedule(w, &job));
	check_status(act(w, &job, DELAYED_SEND), STATUS_DENIED);
	assert_non_null(job.why);
	assert_true(found(w, &job).finalised_ts == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_transaction_schedules_once, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			what_can_never_be_an_event, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(so_many_of_one_user, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_closed_stays_closed, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			a_send_that_fails_stays_scheduled, world_set_up, world_tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
