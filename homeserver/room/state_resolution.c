/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/state_resolution.h"

#include <stdlib.h>

#include "homeserver/room/state_graph.h"
#include "homeserver/store/rows.h"

#define KEY_MAX 4096 /* of a table's key: a type and a state key */

/* One item of one set. */
struct entry {
	const struct state_item *item;
	size_t set;
};

static int by_key(const struct state_item *a, const struct state_item *b)
{
	int order = str_cmp(a->type, b->type);

	return order != 0 ? order : str_cmp(a->state_key, b->state_key);
}

static int by_key_and_id(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = by_key(left->item, right->item);

	return order != 0 ? order : str_cmp(left->item->event_id, right->item->event_id);
}

static int items_by_key(const void *a, const void *b)
{
	return by_key(a, b);
}

static enum status gather(
	struct arena *arena, const struct state_fork *fork, struct entry **out, size_t *count_out)
{
	size_t count = 0, at = 0;

	if (fork->set_count > STATE_FORK_MAX_SETS)
		return STATUS_TOO_LARGE;
	for (size_t s = 0; s < fork->set_count; s++) {
		if (fork->sets[s].count > STATE_FORK_MAX_ITEMS - count)
			return STATUS_TOO_LARGE;
		count += fork->sets[s].count;
	}
	*out = ARENA_ARRAY(arena, struct entry, count + 1);
	for (size_t s = 0; s < fork->set_count; s++)
		for (size_t i = 0; i < fork->sets[s].count; i++)
			(*out)[at++] = (struct entry){&fork->sets[s].items[i], s};
	if (count != 0)
		qsort(*out, count, sizeof(struct entry), by_key_and_id);
	*count_out = count;
	return STATUS_OK;
}

/* All entries of one key. */
static enum status separate_key(struct state_work *work, const struct entry *entries, size_t count)
{
	const struct state_item *first = entries[0].item;
	struct state_conflict conflict = {first->type, first->state_key, NULL, 0};
	bool everywhere = count == work->fork->set_count;
	uint64_t sets = 0;

	conflict.event_ids = ARENA_ARRAY(work->arena, struct str, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t bit = UINT64_C(1) << entries[i].set;

		if ((sets & bit) != 0)
			return STATUS_INVALID;
		sets |= bit;
		if (i == 0 || !str_eq(entries[i].item->event_id, entries[i - 1].item->event_id))
			conflict.event_ids[conflict.count++] = entries[i].item->event_id;
	}
	/* Being absent from a state is no conflict in the first algorithm. */
	if (conflict.count == 1 &&
		(everywhere || work->fork->version->state_resolution == STATE_RESOLUTION_1))
		*ROWS_ADD(work->arena, &work->unconflicted) = *first;
	else
		work->conflicts[work->conflict_count++] = conflict;
	return STATUS_OK;
}

static enum status separate(struct state_work *work)
{
	struct entry *entries;
	size_t count, end;
	enum status status = gather(work->arena, work->fork, &entries, &count);

	if (status != STATUS_OK)
		return status;
	work->conflicts = ARENA_ARRAY(work->arena, struct state_conflict, count + 1);
	for (size_t at = 0; at < count && status == STATUS_OK; at = end) {
		end = at + 1;
		while (end < count && by_key(entries[at].item, entries[end].item) == 0)
			end++;
		status = separate_key(work, entries + at, end - at);
	}
	return status;
}

static enum status resolve_conflicts(struct state_work *work)
{
	if (work->conflict_count == 0)
		return STATUS_OK;
	return work->fork->version->state_resolution == STATE_RESOLUTION_1 ? state_resolve_1(work)
									   : state_resolve_2(work);
}

static void write_answer(struct state_work *work, struct state_items *out)
{
	size_t cursor = 0;
	struct str key;
	void *item;

	for (size_t i = 0; i < work->unconflicted.count; i++)
		state_table_put(work, &work->unconflicted.items[i]);
	out->items = ARENA_ARRAY(work->arena, struct state_item, map_count(work->state.map) + 1);
	out->count = 0;
	while (map_next(work->state.map, &cursor, &key, &item))
		out->items[out->count++] = *(const struct state_item *)item;
	if (out->count != 0)
		qsort(out->items, out->count, sizeof(struct state_item), items_by_key);
}

enum status state_resolve(
	struct arena *arena, const struct state_fork *fork, struct state_items *out)
{
	struct state_work work = {
		.arena = arena,
		.fork = fork,
		.by_id = map_new(STATE_FORK_MAX_EVENTS),
		.state = {map_new(STATE_FORK_MAX_ITEMS + STATE_FORK_MAX_EVENTS)},
	};
	enum status status;

	buf_init(&work.key, KEY_MAX);
	status = separate(&work);
	if (status == STATUS_OK)
		status = resolve_conflicts(&work);
	if (status == STATUS_OK)
		write_answer(&work, out);
	map_free(&work.by_id, NULL);
	map_free(&work.state.map, NULL);
	buf_release(&work.key);
	return status;
}
