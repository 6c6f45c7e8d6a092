/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of state resolution share: the events looked at, as a graph along auth_events, and
 * the state that is being built. For state_*.c of this folder only. */
#ifndef PARVIS_HOMESERVER_STATE_GRAPH_H
#define PARVIS_HOMESERVER_STATE_GRAPH_H

#include "common/base/buf.h"
#include "common/base/map.h"
#include "homeserver/room/state_resolution.h"

struct state_node {
	const struct event *event;
	struct state_node **auth; /* its auth events */
	size_t auth_count;
	bool expanded; /* `auth` is filled */
	bool rejected;

	uint64_t chains; /* bit i: it is in the auth chain of the i-th set */
	bool conflicted; /* in the conflicted state set */
	bool above;	 /* a conflicted event's auth chain has it, or it is one */
	bool below;	 /* its own auth chain has a conflicted event, or it is one */
	bool full;	 /* in the full conflicted set */
	bool picked;	 /* among the events to be put in order */

	int64_t sender_level; /* by its own auth events */
	bool is_placed;	      /* `mainline` is known */
	size_t mainline;      /* position; MAINLINE_NONE: not on it */
	size_t waits_for;     /* auth events that have not had their turn yet */
};
#define MAINLINE_NONE SIZE_MAX

struct state_nodes {
	struct state_node **items;
	size_t count;
};

/* A state under way: type and key to struct state_item. */
struct state_table {
	struct map *map;
};

/* Candidates for one key, or for all: the conflicted events of the sets. */
struct state_conflict {
	struct str type;
	struct str state_key;
	struct str *event_ids; /* distinct, sorted */
	size_t count;
};

struct state_work {
	struct arena *arena;
	const struct state_fork *fork;
	struct map *by_id;	   /* event id to struct state_node */
	struct state_nodes nodes;  /* all of them */
	struct state_node *create; /* of the room, once looked up by the room id */
	struct state_items unconflicted;
	struct state_conflict *conflicts; /* sorted by key */
	size_t conflict_count;
	struct state_table state;
	struct buf key; /* of the table, when one is looked up */
};

/* The node of an event, fetched when it is new. */
MUST_CHECK enum status state_node_get(
	struct state_work *work, struct str event_id, struct state_node **out);
/* Fills node->auth. */
MUST_CHECK enum status state_node_expand(struct state_work *work, struct state_node *node);
/* The auth event of a type with an empty key; NULL when there is none. The node is expanded. */
struct state_node *state_node_auth_of(const struct state_node *node, const char *type);
/* The create event of the node's room, as far as the node knows it; NULL when it does not. */
MUST_CHECK enum status state_node_create(
	struct state_work *work, const struct state_node *node, struct state_node **out);

/* Marks the full conflicted set. */
MUST_CHECK enum status state_graph_mark(struct state_work *work);

void state_table_put(struct state_work *work, const struct state_item *item);
struct state_item *state_table_find(
	struct state_work *work, const char *type, struct str state_key);

void state_table_remove(struct state_work *work, struct str type, struct str state_key);

/* Both sort in place, earliest first. */
MUST_CHECK enum status state_order_by_power(struct state_work *work, struct state_nodes *nodes);
MUST_CHECK enum status state_order_by_mainline(struct state_work *work, struct state_nodes *nodes);

/* Whether the rules let the event in on the state under way; what that lacks is taken from the
 * event's own auth events when `own_auth`. */
MUST_CHECK enum status state_replay_allows(
	struct state_work *work, struct state_node *node, bool own_auth, bool *out);
/* The iterative auth checks: adds to the state what the rules allow, one after the other. */
MUST_CHECK enum status state_replay(struct state_work *work, const struct state_nodes *nodes);

/* The two algorithms, from the separated states to work->state. */
MUST_CHECK enum status state_resolve_1(struct state_work *work);
MUST_CHECK enum status state_resolve_2(struct state_work *work);

#endif
