/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form: a version byte; the number of different sets of rules, and each set (count, hashes of
 * eight bytes); the number of rooms, and each room (key less the key before, index of its rules,
 * timeline limit, flags, where it is told). Numbers are in base 128, low part first.
 */
#include "homeserver/sync/sliding_state.h"

#include <stdlib.h>

#include "homeserver/store/rows.h"

#define VERSION	      1
#define FLAG_DM	      1u
#define NUMBER_BYTES  10
#define SMALLEST_ROOM 5

struct reader {
	const unsigned char *p;
	size_t n;
	bool failed;
};

static uint64_t read_number(struct reader *r)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < NUMBER_BYTES && r->n > 0; i++) {
		unsigned char byte = *r->p++;

		r->n--;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80)
			return value;
	}
	r->failed = true;
	return 0;
}

static uint64_t read_hash(struct reader *r)
{
	uint64_t value = 0;

	if (r->n < 8) {
		r->failed = true;
		return 0;
	}
	for (unsigned i = 0; i < 8; i++)
		value |= (uint64_t)r->p[i] << (8 * i);
	r->p += 8;
	r->n -= 8;
	return value;
}

/* How many things of at least `size` bytes follow. */
static size_t read_count(struct reader *r, size_t size)
{
	uint64_t count = read_number(r);

	if (count > r->n / size)
		r->failed = true;
	return r->failed ? 0 : (size_t)count;
}

static void write_number(struct buf *out, uint64_t value)
{
	while (value >= 0x80) {
		buf_append_byte(out, (char)(value | 0x80));
		value >>= 7;
	}
	buf_append_byte(out, (char)value);
}

static void write_hash(struct buf *out, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		buf_append_byte(out, (char)(value >> (8 * i)));
}

static struct sliding_rules read_rules(struct reader *r, struct arena *arena)
{
	struct sliding_rules rules = {.count = read_count(r, 8)};

	rules.items = ARENA_ARRAY(arena, uint64_t, rules.count + 1);
	for (size_t i = 0; i < rules.count; i++)
		rules.items[i] = read_hash(r);
	return rules;
}

static struct sliding_known read_room(
	struct reader *r, int64_t after, const struct sliding_rules *sets, size_t set_count)
{
	struct sliding_known room = {.room_key = after + (int64_t)(read_number(r) & UINT32_MAX)};
	uint64_t set = read_number(r);

	room.timeline_limit = (int64_t)(read_number(r) & INT64_MAX);
	room.is_dm = (read_number(r) & FLAG_DM) != 0;
	for (size_t i = 0; i < SLIDING_STREAMS; i++)
		room.told[i] = (int64_t)(read_number(r) & INT64_MAX) + SLIDING_NEVER;
	if (set >= set_count || room.room_key <= after)
		r->failed = true;
	else
		room.rules = sets[set];
	return room;
}

enum status sliding_state_parse(struct arena *arena, struct str bytes, struct sliding_state *out)
{
	struct reader r = {(const unsigned char *)bytes.p, bytes.n, false};
	struct sliding_rules *sets;
	size_t set_count;
	int64_t last = 0;

	*out = (struct sliding_state){0};
	if (read_number(&r) != VERSION)
		return STATUS_INVALID;
	set_count = read_count(&r, 1);
	sets = ARENA_ARRAY(arena, struct sliding_rules, set_count + 1);
	for (size_t i = 0; i < set_count; i++)
		sets[i] = read_rules(&r, arena);
	out->count = read_count(&r, SMALLEST_ROOM);
	out->rooms = ARENA_ARRAY(arena, struct sliding_known, out->count + 1);
	for (size_t i = 0; i < out->count && !r.failed; i++) {
		out->rooms[i] = read_room(&r, last, sets, set_count);
		last = out->rooms[i].room_key;
	}
	return r.failed || r.n != 0 ? STATUS_INVALID : STATUS_OK;
}

static bool rules_equal(const struct sliding_rules *a, const struct sliding_rules *b)
{
	return a->count == b->count &&
	       (a->count == 0 || memcmp(a->items, b->items, a->count * sizeof(uint64_t)) == 0);
}

struct rules_sets {
	struct sliding_rules *items;
	size_t count;
};

/* The index of the set, which is added when it is new. There are few: a handful of lists, met in
 * all ways, and whatever a client that changes its rules leaves behind. */
static size_t intern(
	struct arena *arena, struct rules_sets *sets, const struct sliding_rules *rules)
{
	for (size_t i = sets->count; i-- > 0;) {
		if (rules_equal(&sets->items[i], rules))
			return i;
	}
	*ROWS_ADD(arena, sets) = *rules;
	return sets->count - 1;
}

static void write_room(struct buf *out, const struct sliding_known *room, int64_t after, size_t set)
{
	write_number(out, (uint64_t)(room->room_key - after));
	write_number(out, set);
	write_number(out, (uint64_t)room->timeline_limit);
	write_number(out, room->is_dm ? FLAG_DM : 0);
	for (size_t i = 0; i < SLIDING_STREAMS; i++)
		write_number(out, (uint64_t)(room->told[i] - SLIDING_NEVER));
}

enum status sliding_state_write(const struct sliding_state *state, struct buf *out)
{
	ARENA_SCOPE(arena);
	struct rules_sets sets = {0};
	size_t *index = ARENA_ARRAY(arena, size_t, state->count + 1);
	int64_t last = 0;

	for (size_t i = 0; i < state->count; i++)
		index[i] = intern(arena, &sets, &state->rooms[i].rules);
	write_number(out, VERSION);
	write_number(out, sets.count);
	for (size_t i = 0; i < sets.count; i++) {
		write_number(out, sets.items[i].count);
		for (size_t j = 0; j < sets.items[i].count; j++)
			write_hash(out, sets.items[i].items[j]);
	}
	write_number(out, state->count);
	for (size_t i = 0; i < state->count; i++) {
		write_room(out, &state->rooms[i], last, index[i]);
		last = state->rooms[i].room_key;
	}
	return buf_status(out);
}

static int compare_key(const void *key, const void *room)
{
	int64_t a = *(const int64_t *)key, b = ((const struct sliding_known *)room)->room_key;

	return a < b ? -1 : a > b;
}

const struct sliding_known *sliding_state_find(const struct sliding_state *state, int64_t room_key)
{
	return state->count == 0 ? NULL
				 : bsearch(&room_key, state->rooms, state->count,
					   sizeof(struct sliding_known), compare_key);
}

bool sliding_rules_have(const struct sliding_rules *rules, uint64_t hash)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->items[i] == hash)
			return true;
	}
	return false;
}

void sliding_rules_add(struct arena *arena, struct sliding_rules *rules, uint64_t hash)
{
	size_t i;

	if (sliding_rules_have(rules, hash))
		return;
	(void)ROWS_ADD(arena, rules);
	for (i = rules->count - 1; i > 0 && rules->items[i - 1] > hash; i--)
		rules->items[i] = rules->items[i - 1];
	rules->items[i] = hash;
}
