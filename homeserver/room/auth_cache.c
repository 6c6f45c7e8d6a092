/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/auth_cache.h"

#include "common/base/map.h"
#include "common/base/mem.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/room_events.h"

#define ROOMS_MAX ((size_t)20000)
#define KEYS_MAX  ((size_t)100000) /* of one room */
/* Of events' text in all; parsed it takes about five times that. */
#define BYTES_MAX ((size_t)2 * 1024 * 1024)

/* A key without a value. */
static const struct event nothing;

struct cached_room {
	struct arena *arena; /* NULL until something is kept */
	struct map *events;  /* type, a zero byte, state key -> event */
	size_t bytes;
	uint64_t changed; /* the batch that changed it last */
};

struct auth_cache {
	struct map *rooms;
	size_t bytes;
};

static void arena_drop(void *arena)
{
	struct arena *a = arena;
	arena_free(&a);
}

static void room_free(void *object)
{
	struct cached_room *room = object;
	map_free(&room->events, NULL);
	arena_free(&room->arena);
	mem_freep(&room);
}

struct auth_cache *auth_cache_new(void)
{
	struct auth_cache *cache = MEM_NEW(struct auth_cache);
	cache->rooms = map_new(ROOMS_MAX);
	return cache;
}

void auth_cache_free(struct auth_cache **cache)
{
	if (*cache == NULL)
		return;
	map_free(&(*cache)->rooms, room_free);
	mem_freep(cache);
}

/* Between two changes, when nobody holds an event of it. */
static void empty(void *context, void *arg)
{
	struct auth_cache *cache = arg;
	(void)context;
	map_free(&cache->rooms, room_free);
	cache->rooms = map_new(ROOMS_MAX);
	cache->bytes = 0;
}

static struct cached_room *room_get(struct auth_cache *cache, struct str room_id)
{
	struct cached_room *room = map_find(cache->rooms, room_id);
	if (room != NULL)
		return room;
	room = MEM_NEW(struct cached_room);
	if (map_put(cache->rooms, room_id, room, NULL) != STATUS_OK)
		mem_freep(&room);
	return room;
}

/* Reads into the arena. *out is &nothing when there is none. */
static enum status read_state(struct db_tx *tx, struct arena *arena, struct str room_id,
	struct str type, struct str state_key, const struct event **out)
{
	struct event *event;
	enum status status =
		room_state_find(tx->db, arena, room_id, type, state_key, STATE_NOW, &event);
	if (status == STATUS_OK)
		*out = event == NULL ? &nothing : event;
	return status;
}

static enum status read_and_keep(struct db_tx *tx, struct cached_room *room, struct str room_id,
	struct str type, struct str state_key, struct str key, const struct event **out)
{
	struct auth_cache *cache = homeserver_of(tx)->auth_cache;
	if (room->arena == NULL) {
		room->arena = arena_new();
		room->events = map_new(KEYS_MAX);
	}
	enum status status = read_state(tx, room->arena, room_id, type, state_key, out);
	void *value;
	if (status != STATUS_OK)
		return status;
	memcpy(&value, out, sizeof(value)); /* a map's values are not const */
	room->bytes += key.n + (*out)->json.n;
	cache->bytes += key.n + (*out)->json.n;
	return map_put(room->events, key, value, NULL) == STATUS_OK ? STATUS_OK : STATUS_INTERNAL;
}

enum status auth_cache_find(struct db_tx *tx, struct str room_id, struct str type,
	struct str state_key, const struct event **out)
{
	struct auth_cache *cache = homeserver_of(tx)->auth_cache;
	struct cached_room *room = room_get(cache, room_id);
	struct str key =
		arena_printf(tx->arena, "%.*s%c%.*s", STR_FMT(type), 0, STR_FMT(state_key));
	const struct event *found =
		room == NULL || room->events == NULL ? NULL : map_find(room->events, key);
	bool full = room == NULL || cache->bytes > BYTES_MAX;
	enum status status = STATUS_OK;

	if (found == NULL && full)
		db_after_commit(tx, empty, cache);
	if (found == NULL && (full || room->changed == db_batch(tx)))
		status = read_state(tx, tx->arena, room_id, type, state_key, &found);
	else if (found == NULL)
		status = read_and_keep(tx, room, room_id, type, state_key, key, &found);
	if (status == STATUS_OK)
		*out = found == &nothing ? NULL : found;
	return status;
}

void auth_cache_forget(struct db_tx *tx, struct str room_id)
{
	struct auth_cache *cache = homeserver_of(tx)->auth_cache;
	struct cached_room *room = room_get(cache, room_id);

	if (room == NULL) {
		db_after_commit(tx, empty, cache);
		return;
	}
	room->changed = db_batch(tx);
	cache->bytes -= room->bytes;
	room->bytes = 0;
	map_free(&room->events, NULL);
	if (room->arena != NULL)
		arena_defer(tx->arena, arena_drop, room->arena);
	room->arena = NULL;
}
