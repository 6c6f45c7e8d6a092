/* SPDX-License-Identifier: Apache-2.0 */
/* State resolution of versions 2 and 2.1. */
#include "common/json/json.h"
#include "homeserver/room/state_graph.h"

/* Events that may take somebody's power away. As every server in use has it, those are the ones
 * that have an effect: with an empty key where the type has no others. */
static bool is_power_event(const struct event *event)
{
	struct str membership;

	if (!event_is_state(event))
		return false;
	if (str_eq_c(event->type, "m.room.power_levels") ||
		str_eq_c(event->type, "m.room.join_rules"))
		return event->state_key.n == 0;
	if (!str_eq_c(event->type, "m.room.member") || str_eq(event->sender, event->state_key))
		return false;
	membership = json_str(json_get(event->content, "membership"));
	return str_eq_c(membership, "leave") || str_eq_c(membership, "ban");
}

/* The power events of the full conflicted set, and those of it that they stand on: found by going
 * along auth events inside the set, as every server in use does. */
static enum status pick(struct state_work *work, struct state_nodes *out)
{
	struct state_nodes picked = {
		ARENA_ARRAY(work->arena, struct state_node *, work->nodes.count + 1), 0};

	for (size_t i = 0; i < work->nodes.count; i++) {
		struct state_node *node = work->nodes.items[i];

		if (!node->full || !is_power_event(node->event))
			continue;
		node->picked = true;
		picked.items[picked.count++] = node;
	}
	for (size_t i = 0; i < picked.count; i++) {
		struct state_node *node = picked.items[i];
		enum status status = state_node_expand(work, node);

		if (status != STATUS_OK)
			return status;
		for (size_t a = 0; a < node->auth_count; a++) {
			struct state_node *auth = node->auth[a];

			if (!auth->full || auth->picked)
				continue;
			auth->picked = true;
			picked.items[picked.count++] = auth;
		}
	}
	*out = picked;
	return STATUS_OK;
}

/* What pick() has left. */
static struct state_nodes rest(struct state_work *work)
{
	struct state_nodes nodes = {
		ARENA_ARRAY(work->arena, struct state_node *, work->nodes.count + 1), 0};

	for (size_t i = 0; i < work->nodes.count; i++) {
		struct state_node *node = work->nodes.items[i];

		if (node->full && !node->picked)
			nodes.items[nodes.count++] = node;
	}
	return nodes;
}

enum status state_resolve_2(struct state_work *work)
{
	struct state_nodes first, second;
	enum status status = state_graph_mark(work);

	if (status == STATUS_OK)
		status = pick(work, &first);
	if (status != STATUS_OK)
		return status;
	second = rest(work);
	/* Version 2.1 replays on what the events themselves cite, not on what the states say. */
	if (work->fork->version->state_resolution == STATE_RESOLUTION_2)
		for (size_t i = 0; i < work->unconflicted.count; i++)
			state_table_put(work, &work->unconflicted.items[i]);
	status = state_order_by_power(work, &first);
	if (status == STATUS_OK)
		status = state_replay(work, &first);
	if (status == STATUS_OK)
		status = state_order_by_mainline(work, &second);
	if (status == STATUS_OK)
		status = state_replay(work, &second);
	return status;
}
