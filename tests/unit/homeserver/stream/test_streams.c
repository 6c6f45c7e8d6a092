/* SPDX-License-Identifier: Apache-2.0 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "homeserver/homeserver.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/stream/streams.h"
#include "tests/unit/check.h"

extern const struct db_migration homeserver_migrations[];
extern const size_t homeserver_migrations_count;

#define ALICE STR("@alice:here")
#define ROOM  STR("!room:here")

static const struct str only_room[] = {STR_INIT("!room:here")};

struct fixture {
	char path[64];
	struct homeserver hs;
	struct db *db;
	atomic_int wakes;
	_Atomic uint32_t last_slot;
};

static void count_wake(void *context, struct http_ticket ticket)
{
	struct fixture *f = context;

	atomic_fetch_add(&f->wakes, 1);
	atomic_store(&f->last_slot, ticket.slot);
}

static void start(struct fixture *f)
{
	check_ok(db_open(f->path, false, &f->db));
	check_ok(db_migrate(f->db, homeserver_migrations, homeserver_migrations_count));
	check_ok(streams_new(f->db, &f->hs.streams));
	streams_set_wake(f->hs.streams, count_wake, f);
	check_ok(db_writer_start(f->path, &f->hs, &f->hs.writer));
}

static void stop(struct fixture *f)
{
	db_writer_stop(&f->hs.writer);
	streams_free(&f->hs.streams);
	db_close(&f->db);
}

static int set_up(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	int fd;

	snprintf(f->path, sizeof(f->path), "/tmp/parvis-streams-XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	close(fd);
	start(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	stop(f);
	unlink(f->path);
	free(f);
	return 0;
}

static enum status touch_room(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	int64_t *position = arg;

	*position = stream_next(tx);
	stream_touch_room(tx, ROOM);
	stream_touch_room(tx, ROOM);
	return STATUS_OK;
}

static enum status touch_user(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	int64_t *position = arg;

	*position = stream_next(tx);
	stream_touch_user(tx, ALICE);
	return STATUS_OK;
}

static enum status touch_volatile(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	int64_t *position = arg;

	*position = stream_next_volatile(tx);
	stream_touch_room(tx, ROOM);
	return STATUS_OK;
}

static enum status touch_and_fail(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	(void)touch_room(tx, arg);
	return STATUS_DENIED;
}

static int64_t change(struct fixture *f, db_change fn)
{
	int64_t position;

	check_ok(db_write(f->hs.writer, fn, &position));
	return position;
}

static bool wait_in(struct fixture *f, uint32_t slot, int64_t seen)
{
	const struct stream_wait wait = {
		.user_id = ALICE,
		.rooms = only_room,
		.room_count = 1,
		.seen = seen,
		.ticket = {.slot = slot, .generation = 7},
	};

	return stream_wait(f->hs.streams, &wait);
}

static void touch_between_seen_and_wait_is_not_lost(void **state)
{
	struct fixture *f = *state;
	int64_t seen = stream_current(f->hs.streams);

	(void)change(f, touch_room);
	assert_false(wait_in(f, 1, seen));
	assert_int_equal(stream_waiting(f->hs.streams), 0);
	assert_true(wait_in(f, 1, stream_current(f->hs.streams)));
	assert_int_equal(atomic_load(&f->wakes), 0);
}

static void a_touch_wakes_once(void **state)
{
	struct fixture *f = *state;
	int64_t position;

	assert_true(wait_in(f, 3, stream_current(f->hs.streams)));
	position = change(f, touch_room);
	assert_int_equal(atomic_load(&f->wakes), 1);
	assert_int_equal(atomic_load(&f->last_slot), 3);
	assert_true(stream_current(f->hs.streams) >= position);
	(void)change(f, touch_room);
	assert_int_equal(atomic_load(&f->wakes), 1);
	assert_true(wait_in(f, 3, stream_current(f->hs.streams)));
	(void)change(f, touch_user);
	assert_int_equal(atomic_load(&f->wakes), 2);
	assert_int_equal(stream_waiting(f->hs.streams), 0);
}

static void forgotten_tickets_stay_asleep(void **state)
{
	struct fixture *f = *state;
	int64_t now = stream_current(f->hs.streams);

	assert_true(wait_in(f, 3, now));
	stream_forget(f->hs.streams, (struct http_ticket){.slot = 3, .generation = 6});
	assert_int_equal(stream_waiting(f->hs.streams), 1);
	stream_forget(f->hs.streams, (struct http_ticket){.slot = 3, .generation = 7});
	assert_int_equal(stream_waiting(f->hs.streams), 0);
	(void)change(f, touch_room);
	assert_int_equal(atomic_load(&f->wakes), 0);
}

static void a_slot_waits_once(void **state)
{
	struct fixture *f = *state;
	int64_t now = stream_current(f->hs.streams);

	for (int i = 0; i < 100; i++)
		assert_true(wait_in(f, 900, now));
	assert_int_equal(stream_waiting(f->hs.streams), 1);
	(void)change(f, touch_room);
	assert_int_equal(atomic_load(&f->wakes), 1);
}

static void what_is_rolled_back_wakes_nobody(void **state)
{
	struct fixture *f = *state;
	int64_t before = stream_current(f->hs.streams), position = 0;

	assert_true(wait_in(f, 1, before));
	check_status(db_write(f->hs.writer, touch_and_fail, &position), STATUS_DENIED);
	assert_int_equal(atomic_load(&f->wakes), 0);
	assert_int_equal(stream_current(f->hs.streams), before);
	assert_true(change(f, touch_room) > position);
}

static enum status note_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	int64_t *position = arg;

	*position = stream_next(tx);
	stream_note_people(tx);
	return STATUS_OK;
}

static void a_change_among_people_is_known(void **state)
{
	struct fixture *f = *state;
	int64_t before = stream_current(f->hs.streams), changed;

	/* What lies before the start is not known. */
	assert_true(stream_people_changed(f->hs.streams, before - 1));
	assert_false(stream_people_changed(f->hs.streams, before));
	check_ok(db_write(f->hs.writer, note_change, &changed));
	assert_true(stream_people_changed(f->hs.streams, before));
	assert_false(stream_people_changed(f->hs.streams, changed));
}

static void a_snapshot_knows_its_position(void **state)
{
	struct fixture *f = *state;
	int64_t position = change(f, touch_room), seen;

	check_ok(stream_snapshot_begin(f->hs.streams, f->db, &seen));
	assert_int_equal(seen, position);
	(void)change(f, touch_room);
	db_snapshot_end(f->db);
	position = change(f, touch_volatile);
	check_ok(stream_snapshot_begin(f->hs.streams, f->db, &seen));
	assert_int_equal(seen, position);
	db_snapshot_end(f->db);
}

static void no_position_is_given_twice_across_restarts(void **state)
{
	struct fixture *f = *state;
	int64_t last = change(f, touch_room);

	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 100; j++) {
			int64_t position = change(f, j % 2 == 0 ? touch_volatile : touch_room);

			assert_true(position > last);
			last = position;
		}
		last = change(f, touch_volatile);
		stop(f);
		start(f);
		assert_true(stream_current(f->hs.streams) >= last);
	}
}

/* --- many waiters against a writer in a hurry --- */

#define RACERS 8
#define ROUNDS 2000

struct race {
	struct fixture *fixture;
	sem_t wakes[RACERS];
	_Atomic int64_t final;
};

struct racer {
	struct race *race;
	uint32_t slot;
	bool starved;
};

static void race_wake(void *context, struct http_ticket ticket)
{
	struct race *race = context;

	sem_post(&race->wakes[ticket.slot]);
}

/* Waits as a sync does, until it has seen the last position. */
static void *race_run(void *arg)
{
	struct racer *racer = arg;
	struct race *race = racer->race;
	struct streams *streams = race->fixture->hs.streams;

	for (;;) {
		int64_t seen = stream_current(streams), final = atomic_load(&race->final);
		struct timespec limit;

		if (final != 0 && seen >= final)
			return NULL;
		if (!wait_in(race->fixture, racer->slot, seen))
			continue;
		clock_gettime(CLOCK_REALTIME, &limit);
		limit.tv_sec += 20;
		if (sem_timedwait(&race->wakes[racer->slot], &limit) != 0) {
			racer->starved = true;
			return NULL;
		}
	}
}

static enum status race_end(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct race *race = arg;

	atomic_store(&race->final, stream_next(tx));
	stream_touch_room(tx, ROOM);
	return STATUS_OK;
}

static void no_wake_is_lost_in_a_race(void **state)
{
	struct fixture *f = *state;
	struct race race = {.fixture = f};
	struct racer racers[RACERS];
	pthread_t threads[RACERS];

	streams_set_wake(f->hs.streams, race_wake, &race);
	for (uint32_t i = 0; i < RACERS; i++) {
		sem_init(&race.wakes[i], 0, 0);
		racers[i] = (struct racer){.race = &race, .slot = i};
		threads[i] = thread_start("racer", race_run, &racers[i]);
	}
	for (int i = 0; i < ROUNDS; i++)
		(void)change(f, i % 3 == 0 ? touch_volatile : touch_room);
	check_ok(db_write(f->hs.writer, race_end, &race));
	for (uint32_t i = 0; i < RACERS; i++) {
		thread_join(threads[i]);
		assert_false(racers[i].starved);
		sem_destroy(&race.wakes[i]);
	}
}

static void tokens_have_one_form(void **state)
{
	static const char *const garbage[] = {"", "p", "p-1", "p01", "p 1", "s1", "1", "p1x", "p1_",
		"p1_-1", "p1_2_3", "p_1", "p9223372036854775808", "p1_01",
		"p11111111111111111111111111111111111111111111111"};
	int64_t position, to_device;

	(void)state;
	ARENA_SCOPE(arena);
	for (size_t i = 0; i < ARRAY_LEN(garbage); i++)
		check_status(stream_token_parse(str_c(garbage[i]), &position), STATUS_INVALID);
	check_status(stream_token_parse(str_n("p1\0002", 4), &position), STATUS_INVALID);
	check_ok(stream_token_parse(STR("p9223372036854775807"), &position));
	assert_true(position == INT64_MAX);
	check_str(stream_token(arena, 0), "p0");
	check_str(stream_token_sync(arena, 5, 5), "p5");
	check_str(stream_token_sync(arena, 12, 7), "p12_7");
	check_ok(stream_token_parse_sync(STR("p12_7"), &position, &to_device));
	assert_int_equal(position, 12);
	assert_int_equal(to_device, 7);
	check_ok(stream_token_parse_sync(STR("p12"), &position, &to_device));
	assert_int_equal(to_device, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			touch_between_seen_and_wait_is_not_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_touch_wakes_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(forgotten_tickets_stay_asleep, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_slot_waits_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_rolled_back_wakes_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_change_among_people_is_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_snapshot_knows_its_position, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			no_position_is_given_twice_across_restarts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_wake_is_lost_in_a_race, set_up, tear_down),
		cmocka_unit_test(tokens_have_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
