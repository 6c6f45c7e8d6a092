/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a resolution as a graph, and which of them are in the full conflicted set. */
#include "homeserver/room/state_graph.h"

#include "common/json/json.h"
#include "homeserver/room/event_refs.h"
#include "homeserver/store/rows.h"

enum status state_node_get(struct state_work *work, struct str event_id, struct state_node **out)
{
	const struct state_source *source = work->fork->source;
	struct state_node *node = map_find(work->by_id, event_id);
	const struct event *event;
	bool rejected = false;
	enum status status;

	*out = node;
	if (node != NULL)
		return STATUS_OK;
	status = source->fetch(source->context, work->arena, event_id, &event, &rejected);
	if (status != STATUS_OK)
		return status;
	node = ARENA_NEW(work->arena, struct state_node);
	node->event = event;
	/* What belongs elsewhere proves nothing here. */
	node->rejected = rejected || !str_eq(event->room_id, work->fork->room_id);
	*ROWS_ADD(work->arena, &work->nodes) = node;
	*out = node;
	return map_put(work->by_id, event_id, node, NULL);
}

enum status state_node_expand(struct state_work *work, struct state_node *node)
{
	const struct json *refs = event_auth(node->event);
	size_t count = json_count(refs);

	if (node->expanded)
		return STATUS_OK;
	node->expanded = true;
	if (count > EVENT_MAX_AUTH)
		count = EVENT_MAX_AUTH;
	node->auth = ARENA_ARRAY(work->arena, struct state_node *, count + 1);
	for (size_t i = 0; i < count; i++) {
		struct str event_id = event_ref(node->event, refs, i);
		enum status status;

		if (event_id.p == NULL)
			continue;
		status = state_node_get(work, event_id, &node->auth[node->auth_count]);
		if (status != STATUS_OK)
			return status;
		node->auth_count++;
	}
	return STATUS_OK;
}

static bool is_at(const struct event *event, const char *type)
{
	return str_eq_c(event->type, type) && event_is_state(event) && event->state_key.n == 0;
}

struct state_node *state_node_auth_of(const struct state_node *node, const char *type)
{
	for (size_t i = 0; i < node->auth_count; i++)
		if (is_at(node->auth[i]->event, type))
			return node->auth[i];
	return NULL;
}

enum status state_node_create(
	struct state_work *work, const struct state_node *node, struct state_node **out)
{
	struct str room_id = work->fork->room_id;

	if (!work->fork->version->room_id_is_hash) {
		*out = state_node_auth_of(node, "m.room.create");
		return STATUS_OK;
	}
	*out = work->create;
	if (work->create != NULL)
		return STATUS_OK;
	enum status status = state_node_get(
		work, arena_printf(work->arena, "$%.*s", STR_FMT(str_skip(room_id, 1))), out);
	if (status == STATUS_OK)
		work->create = *out;
	return status;
}

/* A walk along auth events. */
struct walk {
	struct state_work *work;
	struct state_nodes stack;
	size_t stack_size;
	uint64_t chains; /* bits to set */
};

static void push(struct walk *walk, struct state_node *node)
{
	struct state_nodes *stack = &walk->stack;

	if (stack->count == walk->stack_size) {
		struct state_node **old = stack->items;

		walk->stack_size = walk->stack_size == 0 ? 64 : walk->stack_size * 2;
		stack->items =
			ARENA_ARRAY(walk->work->arena, struct state_node *, walk->stack_size);
		if (stack->count != 0)
			memcpy(stack->items, old, stack->count * sizeof(struct state_node *));
	}
	stack->items[stack->count++] = node;
}

static bool enter_chain(const struct walk *walk, struct state_node *node)
{
	if ((node->chains & walk->chains) == walk->chains)
		return false;
	node->chains |= walk->chains;
	return true;
}

static bool enter_above(const struct walk *walk, struct state_node *node)
{
	(void)walk;
	if (node->above)
		return false;
	node->above = true;
	return true;
}

/* Visits what is reachable from the node, not the node itself. */
static enum status walk_from(struct walk *walk, struct state_node *from,
	bool (*enter)(const struct walk *walk, struct state_node *node))
{
	struct state_node *node = from;

	walk->stack.count = 0;
	for (;;) {
		enum status status = state_node_expand(walk->work, node);

		if (status != STATUS_OK)
			return status;
		for (size_t i = 0; i < node->auth_count; i++)
			if (enter(walk, node->auth[i]))
				push(walk, node->auth[i]);
		if (walk->stack.count == 0)
			return STATUS_OK;
		node = walk->stack.items[--walk->stack.count];
	}
}

static enum status mark_chain(struct walk *walk, struct str event_id, uint64_t chains)
{
	struct state_node *node;
	enum status status = state_node_get(walk->work, event_id, &node);

	walk->chains = chains;
	return status == STATUS_OK ? walk_from(walk, node, enter_chain) : status;
}

static uint64_t all_sets(const struct state_work *work)
{
	size_t count = work->fork->set_count;

	return count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

/* Which sets' auth chains each event is in. What all sets agree on is walked once for all. */
static enum status mark_chains(struct walk *walk)
{
	struct state_work *work = walk->work;
	const struct state_items *agreed = &work->unconflicted;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < agreed->count && status == STATUS_OK; i++)
		status = mark_chain(walk, agreed->items[i].event_id, all_sets(work));
	for (size_t s = 0; s < work->fork->set_count; s++) {
		const struct state_items *set = &work->fork->sets[s];

		for (size_t i = 0; i < set->count && status == STATUS_OK; i++) {
			const struct state_node *node =
				map_find(work->by_id, set->items[i].event_id);

			/* Those that are agreed on are done. */
			if (node != NULL && node->conflicted)
				status = mark_chain(walk, set->items[i].event_id, UINT64_C(1) << s);
		}
	}
	return status;
}

/* Turned edges of the nodes that are above: who names whom. */
struct turned {
	size_t *first; /* of each node's entries in `by`; one more than nodes */
	struct state_node **by;
};

/* Nodes hold no number of their own: their place in the list, by way of waits_for. */
static void number_nodes(struct state_work *work)
{
	for (size_t i = 0; i < work->nodes.count; i++)
		work->nodes.items[i]->waits_for = i;
}

static struct turned turn_edges(struct state_work *work)
{
	size_t count = work->nodes.count, edges = 0;
	struct turned turned = {ARENA_ARRAY(work->arena, size_t, count + 2), NULL};
	struct state_node **nodes = work->nodes.items;

	number_nodes(work);
	for (size_t i = 0; i < count; i++)
		for (size_t a = 0; a < nodes[i]->auth_count; a++, edges++)
			turned.first[nodes[i]->auth[a]->waits_for + 2]++;
	for (size_t i = 2; i < count + 2; i++)
		turned.first[i] += turned.first[i - 1];
	turned.by = ARENA_ARRAY(work->arena, struct state_node *, edges + 1);
	for (size_t i = 0; i < count; i++)
		for (size_t a = 0; a < nodes[i]->auth_count; a++)
			turned.by[turned.first[nodes[i]->auth[a]->waits_for + 1]++] = nodes[i];
	return turned;
}

/* Marks what leads to a conflicted event, among what one leads to. */
static void mark_below(struct walk *walk)
{
	struct state_work *work = walk->work;
	struct turned turned = turn_edges(work);

	for (size_t i = 0; i < work->nodes.count; i++) {
		if (!work->nodes.items[i]->conflicted)
			continue;
		work->nodes.items[i]->below = true;
		push(walk, work->nodes.items[i]);
	}
	while (walk->stack.count != 0) {
		size_t at = walk->stack.items[--walk->stack.count]->waits_for;

		for (size_t i = turned.first[at]; i < turned.first[at + 1]; i++) {
			struct state_node *node = turned.by[i];

			if (node->below || !node->above)
				continue;
			node->below = true;
			push(walk, node);
		}
	}
}

/* The conflicted state subgraph: on a path from one conflicted event to another. */
static enum status mark_subgraph(struct walk *walk)
{
	struct state_work *work = walk->work;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < work->nodes.count && status == STATUS_OK; i++) {
		struct state_node *node = work->nodes.items[i];

		if (!node->conflicted)
			continue;
		node->above = true;
		status = walk_from(walk, node, enter_above);
	}
	if (status == STATUS_OK)
		mark_below(walk);
	return status;
}

static enum status mark_conflicted(struct state_work *work)
{
	for (size_t c = 0; c < work->conflict_count; c++) {
		const struct state_conflict *conflict = &work->conflicts[c];

		for (size_t i = 0; i < conflict->count; i++) {
			struct state_node *node;
			enum status status = state_node_get(work, conflict->event_ids[i], &node);

			if (status != STATUS_OK)
				return status;
			node->conflicted = true;
		}
	}
	return STATUS_OK;
}

enum status state_graph_mark(struct state_work *work)
{
	struct walk walk = {.work = work};
	uint64_t all = all_sets(work);
	enum status status = mark_conflicted(work);

	if (status == STATUS_OK)
		status = mark_chains(&walk);
	if (status == STATUS_OK && work->fork->version->state_resolution == STATE_RESOLUTION_2_1)
		status = mark_subgraph(&walk);
	for (size_t i = 0; i < work->nodes.count && status == STATUS_OK; i++) {
		struct state_node *node = work->nodes.items[i];

		node->full = node->conflicted || (node->above && node->below) ||
			     (node->chains != 0 && node->chains != all);
	}
	return status;
}
