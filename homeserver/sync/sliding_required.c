/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that goes with a room (MSC4186, "RequiredStateRequest"): all that the rules ask for when
 * the room is new to the client, what changed of it afterwards, and what new rules ask for besides.
 */
#include <stdlib.h>

#include "homeserver/sync/sliding_parts.h"

struct gather {
	struct sliding *s;
	struct sliding_room *room;
	int64_t at;    /* the state of when */
	bool only_new; /* what rules that the client was told under ask for is left out */
	struct event_list list;
};

static bool is_member(const struct event *event)
{
	return str_eq_c(event->type, "m.room.member");
}

static bool is_new_rule(const struct sliding_room *room, const struct sliding_rule *rule)
{
	return room->was == NULL || !sliding_rules_have(&room->was->rules, rule->hash);
}

bool sliding_required_has_new(const struct sliding_room *room)
{
	for (size_t i = 0; i < room->rules.count; i++) {
		if (is_new_rule(room, room->rules.items[i]))
			return true;
	}
	return false;
}

/* Whether any rule takes the event; of only_new, one that is new and none that is old. */
static bool takes(const struct gather *g, const struct event *event)
{
	bool taken = false;

	for (size_t i = 0; i < g->room->rules.count; i++) {
		const struct sliding_rule *rule = g->room->rules.items[i];

		if (!sliding_rule_takes(rule, event->type, event->state_key))
			continue;
		if (g->only_new && !is_new_rule(g->room, rule))
			return false;
		taken = true;
	}
	return taken;
}

static void add(struct gather *g, struct event *event)
{
	*ROWS_ADD(g->s->sync.arena, &g->list) = event;
}

static void add_taken(struct gather *g, const struct event_list *events)
{
	for (size_t i = 0; i < events->count; i++) {
		if (takes(g, events->items[i]))
			add(g, events->items[i]);
	}
}

/* `always`: whatever the rules say. */
static enum status add_key(struct gather *g, struct str type, struct str state_key, bool always)
{
	struct event *event;
	enum status status = room_state_find(g->s->sync.db, g->s->sync.arena,
		g->room->place->row.room_id, type, state_key, g->at, &event);

	if (status == STATUS_OK && event != NULL && (always || takes(g, event)))
		add(g, event);
	return status;
}

static enum status add_select(struct gather *g, const struct state_select *select)
{
	struct event_list events;
	enum status status = room_state_list(g->s->sync.db, g->s->sync.arena,
		g->room->place->row.room_id, g->at, select, &events);

	if (status == STATUS_OK)
		add_taken(g, &events);
	return status;
}

static enum status add_element(struct gather *g, const struct sliding_element *element)
{
	const struct state_select only = {.only_type = element->type};

	if (element->state_key.p != NULL)
		return add_key(g, element->type.p == NULL ? STR("m.room.member") : element->type,
			element->state_key, false);
	return element->type.p == NULL ? STATUS_OK : add_select(g, &only);
}

/* One look at all the state where a rule names no type, and one for each element. */
static enum status add_rule(struct gather *g, const struct sliding_rule *rule)
{
	const struct state_select others = {.without_type = STR("m.room.member")};
	bool members = sliding_rule_takes_all_members(rule), wide = sliding_rule_is_wide(rule);
	enum status status = STATUS_OK;

	if (wide)
		status = add_select(g, members ? NULL : &others);
	for (size_t i = 0; i < rule->include.count && status == STATUS_OK; i++)
		status = add_element(g, &rule->include.items[i]);
	return status;
}

static enum status add_rules(struct gather *g)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < g->room->rules.count && status == STATUS_OK; i++) {
		if (!g->only_new || is_new_rule(g->room, g->room->rules.items[i]))
			status = add_rule(g, g->room->rules.items[i]);
	}
	return status;
}

static bool is_lazy(const struct sliding_room *room)
{
	for (size_t i = 0; i < room->rules.count; i++) {
		if (room->rules.items[i]->lazy_members)
			return true;
	}
	return false;
}

static bool sent_before(const struct sync_timeline *timeline, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (str_eq(timeline->items[j]->sender, timeline->items[i]->sender))
			return true;
	}
	return false;
}

/* Who speaks and who is spoken of in the timeline. Members the client may know already are told
 * again, as in /sync: what this server believes a client to hold would be wrong whenever an answer
 * is lost on its way. */
static enum status add_lazy(struct gather *g)
{
	const struct sync_timeline *timeline = &g->room->room.timeline;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < timeline->count && status == STATUS_OK; i++) {
		const struct event *event = timeline->items[i];

		if (!sent_before(timeline, i))
			status = add_key(g, STR("m.room.member"), event->sender, true);
		if (status == STATUS_OK && event_is_state(event) && is_member(event))
			status = add_key(g, STR("m.room.member"), event->state_key, true);
	}
	if (g->room->since == 0 || timeline->limited)
		return status;
	for (size_t i = 0; i < g->room->room.changes.count; i++) {
		if (is_member(g->room->room.changes.items[i]))
			add(g, g->room->room.changes.items[i]);
	}
	return status;
}

static int compare(const void *a, const void *b)
{
	int64_t x = (*(struct event *const *)a)->position;
	int64_t y = (*(struct event *const *)b)->position;

	return x < y ? -1 : x > y;
}

static void keep_different(struct event_list *list)
{
	size_t kept = 0;

	if (list->count > 1)
		qsort(list->items, list->count, sizeof(struct event *), compare);
	for (size_t i = 0; i < list->count; i++) {
		if (kept == 0 || list->items[kept - 1]->position != list->items[i]->position)
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

enum status sliding_required_load(struct sliding *s, struct sliding_room *room)
{
	struct gather g = {
		.s = s,
		.room = room,
		.at = room->is_joined ? STATE_NOW : room->room.state_upto,
		.only_new = room->since != 0,
	};
	bool has_just_left = !room->is_joined && room->since != 0 && room->last > room->since;
	enum status status = STATUS_OK;

	if (room->room.state_upto != 0) {
		if (room->since == 0 || sliding_required_has_new(room))
			status = add_rules(&g);
		g.only_new = false;
		add_taken(&g, &room->room.changes);
		if (status == STATUS_OK && is_lazy(room))
			status = add_lazy(&g);
	}
	/* That the user is out stands in it whatever the rules say. */
	g.at = room->last;
	if (status == STATUS_OK && has_just_left)
		status = add_key(&g, STR("m.room.member"), s->request->user_id, true);
	keep_different(&g.list);
	room->room.state = g.list;
	return status;
}
