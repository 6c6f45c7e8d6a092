/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/siphash.h"

/*
 * Entries stand in a row in the order they came; a table of slots holds their numbers, found by
 * hash and linear probing. A removed entry leaves a hole in the row, so that a walk along the
 * row stays valid; holes go when the row is full and everything is put anew.
 */
struct entry {
	char *key; /* NULL: a hole */
	size_t key_length;
	uint64_t hash;
	void *value;
};

#define SLOT_EMPTY   UINT32_MAX
#define SLOT_REMOVED (UINT32_MAX - 1)
#define MAX_ENTRIES  ((size_t)1 << 30)
#define FIRST_SLOTS  16u

struct map {
	struct siphash_key seed;
	struct entry *entries;
	size_t used;  /* entries and holes */
	size_t count; /* entries */
	size_t max;
	uint32_t *slots;
	size_t slot_count; /* a power of two; half as many entries fit */
};

struct map *map_new(size_t max_entries)
{
	struct map *map = MEM_NEW(struct map);

	map->seed = siphash_key_random();
	map->max = max_entries < MAX_ENTRIES ? max_entries : MAX_ENTRIES;
	return map;
}

void map_free(struct map **map, void (*release)(void *value))
{
	struct map *m = *map;

	if (m == NULL)
		return;
	*map = NULL;
	for (size_t i = 0; i < m->used; i++) {
		if (m->entries[i].key == NULL)
			continue;
		free(m->entries[i].key);
		if (release != NULL)
			release(m->entries[i].value);
	}
	free(m->entries);
	free(m->slots);
	free(m);
}

/* The slot that holds the key, or NULL. */
static uint32_t *slot_of(const struct map *map, struct str key, uint64_t hash)
{
	size_t mask = map->slot_count - 1;

	if (map->count == 0)
		return NULL;
	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		uint32_t *slot = &map->slots[i];
		const struct entry *entry;

		if (*slot == SLOT_EMPTY)
			return NULL;
		if (*slot == SLOT_REMOVED)
			continue;
		entry = &map->entries[*slot];
		if (entry->hash == hash && str_eq(str_n(entry->key, entry->key_length), key))
			return slot;
	}
}

/* Names the entry in the first slot that is free for its hash. */
static void slot_claim(struct map *map, uint32_t number)
{
	size_t mask = map->slot_count - 1;
	size_t i = map->entries[number].hash & mask;

	while (map->slots[i] != SLOT_EMPTY)
		i = (i + 1) & mask;
	map->slots[i] = number;
}

/* Closes the holes and makes room for twice what is there. */
static void rebuild(struct map *map)
{
	size_t slot_count = FIRST_SLOTS;
	size_t kept = 0;

	while (slot_count / 4 < map->count + 1)
		slot_count *= 2;
	for (size_t i = 0; i < map->used; i++) {
		if (map->entries[i].key != NULL)
			map->entries[kept++] = map->entries[i];
	}
	map->used = kept;
	map->entries = mem_realloc(map->entries, slot_count / 2 * sizeof(*map->entries));
	map->slots = mem_realloc(map->slots, slot_count * sizeof(*map->slots));
	map->slot_count = slot_count;
	for (size_t i = 0; i < slot_count; i++)
		map->slots[i] = SLOT_EMPTY;
	for (size_t i = 0; i < kept; i++)
		slot_claim(map, (uint32_t)i);
}

void *map_find(const struct map *map, struct str key)
{
	const uint32_t *slot = slot_of(map, key, siphash(&map->seed, key));

	return slot == NULL ? NULL : map->entries[*slot].value;
}

enum status map_put(struct map *map, struct str key, void *value, void **old_out)
{
	uint64_t hash = siphash(&map->seed, key);
	const uint32_t *slot = slot_of(map, key, hash);

	assert(value != NULL);
	if (slot != NULL) {
		if (old_out != NULL)
			*old_out = map->entries[*slot].value;
		map->entries[*slot].value = value;
		return STATUS_OK;
	}
	if (map->count >= map->max)
		return STATUS_TOO_LARGE;
	if (map->used >= map->slot_count / 2)
		rebuild(map);
	map->entries[map->used] = (struct entry){
		.key = mem_strdup(key), .key_length = key.n, .hash = hash, .value = value};
	slot_claim(map, (uint32_t)map->used);
	map->used++;
	map->count++;
	if (old_out != NULL)
		*old_out = NULL;
	return STATUS_OK;
}

void *map_remove(struct map *map, struct str key)
{
	uint32_t *slot = slot_of(map, key, siphash(&map->seed, key));
	struct entry *entry;
	void *value;

	if (slot == NULL)
		return NULL;
	entry = &map->entries[*slot];
	value = entry->value;
	free(entry->key);
	*entry = (struct entry){.key = NULL};
	*slot = SLOT_REMOVED;
	map->count--;
	return value;
}

size_t map_count(const struct map *map)
{
	return map->count;
}

bool map_next(const struct map *map, size_t *cursor, struct str *key_out, void **value_out)
{
	while (*cursor < map->used) {
		const struct entry *entry = &map->entries[(*cursor)++];

		if (entry->key == NULL)
			continue;
		*key_out = str_n(entry->key, entry->key_length);
		*value_out = entry->value;
		return true;
	}
	return false;
}
