/* SPDX-License-Identifier: Apache-2.0 */
/* The two orders of state resolution from version 2 on. */
#include <stdlib.h>

#include "homeserver/room/power.h"
#include "homeserver/room/state_graph.h"

static int by_time(const struct state_node *a, const struct state_node *b)
{
	if (a->event->origin_server_ts != b->event->origin_server_ts)
		return a->event->origin_server_ts < b->event->origin_server_ts ? -1 : 1;
	return str_cmp(a->event->event_id, b->event->event_id);
}

static bool comes_first(const struct state_node *a, const struct state_node *b)
{
	if (a->sender_level != b->sender_level)
		return a->sender_level > b->sender_level;
	return by_time(a, b) < 0;
}

/* The power that the sender had by what the event itself cites. */
static enum status load_level(struct state_work *work, struct state_node *node)
{
	const struct state_node *levels;
	struct state_node *create;
	struct power power;
	enum status status = state_node_expand(work, node);

	if (status == STATUS_OK)
		status = state_node_create(work, node, &create);
	if (status != STATUS_OK)
		return status;
	levels = state_node_auth_of(node, "m.room.power_levels");
	power = power_of(work->fork->version, create == NULL ? NULL : create->event,
		levels == NULL ? NULL : levels->event);
	node->sender_level = power_of_user(&power, node->event->sender);
	return STATUS_OK;
}

/* A heap of those whose turn it may be, the first of them on top. */
static void heap_sink(struct state_nodes *heap, size_t at)
{
	for (;;) {
		size_t best = at, left = 2 * at + 1;

		for (size_t child = left; child < left + 2 && child < heap->count; child++)
			if (comes_first(heap->items[child], heap->items[best]))
				best = child;
		if (best == at)
			return;
		struct state_node *node = heap->items[at];
		heap->items[at] = heap->items[best];
		heap->items[best] = node;
		at = best;
	}
}

static void heap_put(struct state_nodes *heap, struct state_node *node)
{
	size_t at = heap->count++;

	for (; at > 0 && comes_first(node, heap->items[(at - 1) / 2]); at = (at - 1) / 2)
		heap->items[at] = heap->items[(at - 1) / 2];
	heap->items[at] = node;
}

static struct state_node *heap_take(struct state_nodes *heap)
{
	struct state_node *first = heap->items[0];

	heap->items[0] = heap->items[--heap->count];
	heap_sink(heap, 0);
	return first;
}

/* Who waits for whom, within the list. `first` has the start of each event's entries. */
struct waiting {
	size_t *first;
	struct state_node **who;
};

/* The place in the list, for a while, so that edges can be counted without a look-up. */
static void number_nodes(const struct state_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++)
		nodes->items[i]->mainline = i;
}

static struct waiting find_waiting(struct state_work *work, const struct state_nodes *nodes)
{
	struct waiting waiting = {ARENA_ARRAY(work->arena, size_t, nodes->count + 2), NULL};
	size_t edges = 0;

	number_nodes(nodes);
	for (size_t i = 0; i < nodes->count; i++) {
		struct state_node *node = nodes->items[i];

		node->waits_for = 0;
		for (size_t a = 0; a < node->auth_count; a++) {
			if (!node->auth[a]->picked)
				continue;
			node->waits_for++;
			edges++;
			waiting.first[node->auth[a]->mainline + 2]++;
		}
	}
	for (size_t i = 2; i < nodes->count + 2; i++)
		waiting.first[i] += waiting.first[i - 1];
	waiting.who = ARENA_ARRAY(work->arena, struct state_node *, edges + 1);
	for (size_t i = 0; i < nodes->count; i++) {
		struct state_node *node = nodes->items[i];

		for (size_t a = 0; a < node->auth_count; a++)
			if (node->auth[a]->picked)
				waiting.who[waiting.first[node->auth[a]->mainline + 1]++] = node;
	}
	return waiting;
}

/* Kahn's algorithm, always with the first of those that are ready. Events that cite each other in
 * a circle, which only ids that servers give can do, never get their turn and fall out. */
static void sort_topologically(struct state_work *work, struct state_nodes *nodes)
{
	struct waiting waiting = find_waiting(work, nodes);
	struct state_nodes heap = {
		ARENA_ARRAY(work->arena, struct state_node *, nodes->count + 1), 0};
	struct state_nodes sorted = {
		ARENA_ARRAY(work->arena, struct state_node *, nodes->count + 1), 0};

	for (size_t i = 0; i < nodes->count; i++)
		if (nodes->items[i]->waits_for == 0)
			heap_put(&heap, nodes->items[i]);
	while (heap.count != 0) {
		struct state_node *node = heap_take(&heap);

		sorted.items[sorted.count++] = node;
		for (size_t i = waiting.first[node->mainline];
			i < waiting.first[node->mainline + 1]; i++)
			if (--waiting.who[i]->waits_for == 0)
				heap_put(&heap, waiting.who[i]);
	}
	*nodes = sorted;
}

enum status state_order_by_power(struct state_work *work, struct state_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		enum status status = load_level(work, nodes->items[i]);

		if (status != STATUS_OK)
			return status;
	}
	sort_topologically(work, nodes);
	return STATUS_OK;
}

static int by_mainline(const void *a, const void *b)
{
	const struct state_node *left = *(struct state_node *const *)a;
	const struct state_node *right = *(struct state_node *const *)b;

	/* Far from the present first; MAINLINE_NONE is farthest. */
	if (left->mainline != right->mainline)
		return left->mainline > right->mainline ? -1 : 1;
	return by_time(left, right);
}

/* From an event to the power levels that it cites; NULL: to none. */
static enum status step_back(struct state_work *work, struct state_node **node)
{
	enum status status = state_node_expand(work, *node);

	*node = status == STATUS_OK ? state_node_auth_of(*node, "m.room.power_levels") : NULL;
	return status;
}

/* The mainline itself: the power levels that hold, and those before them. */
static enum status place_mainline(struct state_work *work)
{
	const struct state_item *item = state_table_find(work, "m.room.power_levels", STR(""));
	struct state_node *node;
	enum status status;

	for (size_t i = 0; i < work->nodes.count; i++)
		work->nodes.items[i]->is_placed = false;
	if (item == NULL)
		return STATUS_OK;
	status = state_node_get(work, item->event_id, &node);
	for (size_t i = 0; status == STATUS_OK && node != NULL && !node->is_placed; i++) {
		node->is_placed = true;
		node->mainline = i;
		status = step_back(work, &node);
	}
	return status;
}

/* All events along the way to the mainline have the same place on it, so each way is gone once. */
static enum status place(struct state_work *work, struct state_node *from)
{
	struct state_node *node = from, *end;
	enum status status = STATUS_OK;
	size_t position;

	while (status == STATUS_OK && node != NULL && !node->is_placed) {
		/* Until the end is known: also what ends a circle. */
		node->is_placed = true;
		node->mainline = MAINLINE_NONE;
		status = step_back(work, &node);
	}
	if (status != STATUS_OK || node == NULL)
		return status;
	end = node;
	position = end->mainline;
	for (node = from; status == STATUS_OK && node != NULL && node != end;) {
		if (node->mainline == position)
			break;
		node->mainline = position;
		status = step_back(work, &node);
	}
	return status;
}

/* The place of an event is that of the power levels it cites, never its own: an old mainline event
 * stands where its predecessor does. */
static enum status place_sorted(struct state_work *work, struct state_nodes *nodes)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < nodes->count && status == STATUS_OK; i++) {
		struct state_node *levels = nodes->items[i];

		status = step_back(work, &levels);
		if (status == STATUS_OK && levels != NULL)
			status = place(work, levels);
		if (status == STATUS_OK)
			nodes->items[i]->waits_for =
				levels == NULL ? MAINLINE_NONE : levels->mainline;
	}
	for (size_t i = 0; i < nodes->count; i++)
		nodes->items[i]->mainline = nodes->items[i]->waits_for;
	return status;
}

enum status state_order_by_mainline(struct state_work *work, struct state_nodes *nodes)
{
	enum status status = place_mainline(work);

	if (status == STATUS_OK)
		status = place_sorted(work, nodes);
	if (status == STATUS_OK && nodes->count != 0)
		qsort(nodes->items, nodes->count, sizeof(struct state_node *), by_mainline);
	return status;
}
