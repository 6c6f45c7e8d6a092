/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/typing.h"

#include <stdlib.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/map.h"
#include "common/base/mem.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/event.h"
#include "homeserver/stream/streams.h"

struct typist {
	char *user_id;
	int64_t until; /* clock_mono_ms */
};

struct typing_room {
	int64_t position; /* of the last change of who types */
	struct typist *typists;
	size_t count;
};

struct typing {
	struct db_writer *writer;
	typing_observer observer;
	pthread_t thread;
	bool started;

	struct mutex lock; /* guards what follows */
	pthread_cond_t changed;
	struct map *rooms;
	int64_t floor; /* changes up to it may have been forgotten */
	int64_t last;  /* position of the last change anywhere */
	bool stopping;
};

/* One change of a room, on its way to the writer. */
struct typing_change {
	struct typing *typing;
	struct str room_id;
	struct str user_id; /* p == NULL: whoever's time is up */
	int64_t until;	    /* 0: stops */
};

static void room_free(void *value)
{
	struct typing_room *room = value;

	for (size_t i = 0; i < room->count; i++)
		free(room->typists[i].user_id);
	free(room->typists);
	free(room);
}

struct typing *typing_new(int64_t first)
{
	struct typing *t = MEM_NEW(struct typing);
	pthread_condattr_t attributes;

	mutex_init(&t->lock);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	t->rooms = map_new((size_t)TYPING_ROOMS_REMEMBER * 16);
	t->floor = t->last = first;
	return t;
}

void typing_observe(struct typing *t, typing_observer observer)
{
	t->observer = observer;
}

void typing_end(struct typing *t)
{
	mutex_lock(&t->lock);
	t->stopping = true;
	pthread_cond_broadcast(&t->changed);
	mutex_unlock(&t->lock);
	if (t->started)
		thread_join(t->thread);
	t->started = false;
}

void typing_free(struct typing **typing)
{
	struct typing *t = *typing;

	if (t == NULL)
		return;
	typing_end(t);
	map_free(&t->rooms, room_free);
	pthread_cond_destroy(&t->changed);
	mutex_release(&t->lock);
	free(t);
	*typing = NULL;
}

static void list_users(
	const struct typing_room *room, struct arena *arena, struct str_list *users_out)
{
	struct str_list list = {0};

	for (size_t i = 0; room != NULL && i < room->count; i++)
		*ROWS_ADD(arena, &list) = arena_str(arena, str_c(room->typists[i].user_id));
	*users_out = list;
}

static bool typist_remove(struct typing_room *room, size_t i)
{
	free(room->typists[i].user_id);
	room->count--;
	memmove(&room->typists[i], &room->typists[i + 1],
		(room->count - i) * sizeof(struct typist));
	return true;
}

/* Rooms where nobody types make place; a sync from before then is told again. */
static void rooms_forget(struct typing *t) REQUIRES(t->lock)
{
	size_t cursor = 0;
	struct str key;
	void *value;

	while (map_next(t->rooms, &cursor, &key, &value)) {
		struct typing_room *room = value;

		if (room->count != 0)
			continue;
		if (room->position > t->floor)
			t->floor = room->position;
		map_remove(t->rooms, key);
		room_free(room);
	}
}

static struct typing_room *room_get(struct typing *t, struct str room_id) REQUIRES(t->lock)
{
	struct typing_room *room = map_find(t->rooms, room_id);

	if (room != NULL)
		return room;
	if (map_count(t->rooms) >= TYPING_ROOMS_REMEMBER)
		rooms_forget(t);
	room = MEM_NEW(struct typing_room);
	if (map_put(t->rooms, room_id, room, NULL) != STATUS_OK) {
		free(room);
		return NULL;
	}
	return room;
}

/* Whether the list of users is another one now. */
static bool room_set(struct typing_room *room, const struct typing_change *change)
{
	for (size_t i = 0; i < room->count; i++) {
		if (!str_eq(change->user_id, str_c(room->typists[i].user_id)))
			continue;
		if (change->until == 0)
			return typist_remove(room, i);
		room->typists[i].until = change->until;
		return false;
	}
	if (change->until == 0 || room->count == TYPING_MAX_USERS)
		return false;
	room->typists = mem_realloc(room->typists, (room->count + 1) * sizeof(struct typist));
	room->typists[room->count++] = (struct typist){mem_strdup(change->user_id), change->until};
	return true;
}

static bool room_expire(struct typing_room *room, int64_t now)
{
	bool changed = false;

	for (size_t i = room->count; i-- > 0;) {
		if (room->typists[i].until <= now)
			changed = typist_remove(room, i);
	}
	return changed;
}

static enum status typing_apply(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct typing_change *change = arg;
	struct typing *t = change->typing;
	struct str_list users = {0};
	struct typing_room *room;
	bool changed = false;

	mutex_lock(&t->lock);
	room = room_get(t, change->room_id);
	if (room != NULL && change->user_id.p != NULL)
		changed = room_set(room, change);
	else if (room != NULL)
		changed = room_expire(room, clock_mono_ms());
	if (changed) {
		room->position = t->last = stream_next_volatile(tx);
		list_users(room, tx->arena, &users);
		pthread_cond_signal(&t->changed);
	}
	mutex_unlock(&t->lock);
	if (!changed)
		return STATUS_OK;
	stream_touch_room(tx, change->room_id);
	if (t->observer != NULL)
		t->observer(tx, change->room_id, &users);
	return STATUS_OK;
}

enum status typing_set(struct typing *t, struct str room_id, struct str user_id, int64_t timeout_ms)
{
	struct typing_change change = {t, room_id, user_id, 0};

	if (timeout_ms > 0)
		change.until =
			clock_mono_ms() + (timeout_ms > TYPING_MAX_MS ? TYPING_MAX_MS : timeout_ms);
	return db_write(t->writer, typing_apply, &change);
}

enum status typing_on_event(struct db_tx *tx, const struct event *event)
{
	struct typing *t = homeserver_of(tx)->typing;
	struct typing_change change = {.typing = t, .room_id = event->room_id};
	const struct typing_room *room;
	bool types;

	if (!event_is_state(event))
		change.user_id = event->sender;
	else if (str_eq(event->type, STR("m.room.member")))
		change.user_id = event->state_key;
	else
		return STATUS_OK;
	mutex_lock(&t->lock);
	room = map_find(t->rooms, event->room_id);
	types = room != NULL && room->count != 0;
	mutex_unlock(&t->lock);
	return types ? typing_apply(tx, &change) : STATUS_OK;
}

enum typing_news typing_since(struct typing *t, struct arena *arena, struct str room_id,
	int64_t after, struct str_list *users_out)
{
	const struct typing_room *room;
	enum typing_news news = TYPING_SAME;

	mutex_lock(&t->lock);
	if (after < t->last || after < t->floor) {
		room = map_find(t->rooms, room_id);
		if (room != NULL && room->position > after)
			news = after != 0 || room->count != 0 ? TYPING_CHANGED : TYPING_SAME;
		else if (after != 0 && after < t->floor)
			news = TYPING_UNKNOWN;
		if (news != TYPING_SAME)
			list_users(room, arena, users_out);
	}
	mutex_unlock(&t->lock);
	return news;
}

/* --- ending what was not renewed --- */

/* The room whose typist ends first, copied into the arena; false when nobody types. */
static bool first_to_end(struct typing *t, struct arena *arena, struct str *room_id_out,
	int64_t *until_out) REQUIRES(t->lock)
{
	size_t cursor = 0;
	struct str key, first = STR_EMPTY;
	void *value;

	*until_out = INT64_MAX;
	while (map_next(t->rooms, &cursor, &key, &value)) {
		const struct typing_room *room = value;

		for (size_t i = 0; i < room->count; i++) {
			if (room->typists[i].until < *until_out) {
				*until_out = room->typists[i].until;
				first = key;
			}
		}
	}
	if (first.p == NULL)
		return false;
	*room_id_out = arena_str(arena, first);
	return true;
}

static void wait_until(struct typing *t, int64_t until_ms) REQUIRES(t->lock)
{
	struct timespec at = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};

	pthread_cond_timedwait(&t->changed, &t->lock.m, &at);
}

/* Waits for the next end; false when stopping. */
static bool next_end(struct typing *t, struct arena *arena, struct str *room_id_out)
{
	bool found = false;

	mutex_lock(&t->lock);
	while (!t->stopping && !found) {
		int64_t until;

		if (!first_to_end(t, arena, room_id_out, &until))
			pthread_cond_wait(&t->changed, &t->lock.m);
		else if (until > clock_mono_ms())
			wait_until(t, until);
		else
			found = true;
	}
	mutex_unlock(&t->lock);
	return found;
}

static void *typing_run(void *arg)
{
	struct typing *t = arg;
	struct str room_id;
	bool running = true;

	while (running) {
		ARENA_SCOPE(arena);
		struct typing_change change = {.typing = t};

		running = next_end(t, arena, &room_id);
		change.room_id = room_id;
		/* A disk that fails for the others of the batch does not matter to this one. */
		if (running && db_write(t->writer, typing_apply, &change) == STATUS_UNAVAILABLE)
			running = false;
	}
	return NULL;
}

void typing_start(struct typing *t, struct db_writer *writer)
{
	t->writer = writer;
	t->started = true;
	t->thread = thread_start("typing", typing_run, t);
}
