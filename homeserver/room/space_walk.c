/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/space_walk.h"

#include <stdlib.h>

#include "common/base/map.h"
#include "common/json/json.h"
#include "homeserver/store/rows.h"

#define MAX_ORDER_BYTES 50

/* A room still to be visited. */
struct stop {
	struct str room_id;
	size_t depth;
};

struct walking {
	struct db *db;
	struct arena *arena;
	const struct space_walk *walk;
	struct {
		struct stop *items;
		size_t count;
	} stack;
	struct map *seen; /* room ids */
	size_t index;	  /* of the next room that is shown */
	struct space_rooms *out;
};

static void map_cleanup(struct map **map)
{
	map_free(map, NULL);
}

/* The child's `order` when it is a valid one. */
static struct str order_of(const struct event *child)
{
	struct str order = json_str(json_get(child->content, "order"));

	if (order.n > MAX_ORDER_BYTES)
		return STR_EMPTY;
	for (size_t i = 0; i < order.n; i++)
		if (order.p[i] < 0x20 || order.p[i] > 0x7e)
			return STR_EMPTY;
	return order;
}

static int by_order(const void *a, const void *b)
{
	const struct event *left = *(struct event *const *)a, *right = *(struct event *const *)b;
	struct str left_order = order_of(left), right_order = order_of(right);

	if ((left_order.p == NULL) != (right_order.p == NULL))
		return left_order.p == NULL ? 1 : -1;
	if (left_order.p != NULL && str_cmp(left_order, right_order) != 0)
		return str_cmp(left_order, right_order);
	if (left->origin_server_ts != right->origin_server_ts)
		return left->origin_server_ts < right->origin_server_ts ? -1 : 1;
	return str_cmp(left->state_key, right->state_key);
}

static bool is_child(const struct walking *w, const struct event *event)
{
	return json_is(json_get(event->content, "via"), JSON_ARRAY) &&
	       (!w->walk->suggested_only ||
		       json_bool(json_get(event->content, "suggested"), false));
}

static enum status children_load(
	struct walking *w, const struct room_summary *summary, struct event_list *out)
{
	static const struct state_select children = {.only_type = STR_INIT("m.space.child")};
	size_t kept = 0;
	enum status status;

	*out = (struct event_list){NULL, 0};
	if (!str_eq_c(summary->room_type, "m.space"))
		return STATUS_OK;
	status = room_state_list(w->db, w->arena, summary->room_id, STATE_NOW, &children, out);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < out->count; i++)
		if (is_child(w, out->items[i]))
			out->items[kept++] = out->items[i];
	qsort(out->items, kept, sizeof(struct event *), by_order);
	out->count = kept < SPACE_WALK_MAX_CHILDREN ? kept : SPACE_WALK_MAX_CHILDREN;
	return STATUS_OK;
}

static void push_children(struct walking *w, const struct event_list *children, size_t depth)
{
	for (size_t i = children->count; depth < w->walk->max_depth && i-- > 0;)
		*ROWS_ADD(w->arena, &w->stack) =
			(struct stop){children->items[i]->state_key, depth + 1};
}

/* Whether the user may see the room; its summary when so. */
static enum status summary_load(
	struct walking *w, struct str room_id, struct room_summary *out, bool *visible_out)
{
	struct room_row room;
	enum membership membership;
	enum status status = room_store_find(w->db, w->arena, room_id, &room);

	*visible_out = false;
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status == STATUS_OK)
		status = room_summary_load(w->db, w->arena, &room, out);
	if (status == STATUS_OK)
		status = room_summary_visible(
			w->db, w->arena, out, w->walk->user_id, &membership, visible_out);
	return status;
}

static enum status visit(struct walking *w, const struct stop *stop)
{
	struct space_room room = {0};
	bool visible;
	enum status status = summary_load(w, stop->room_id, &room.summary, &visible);

	if (status != STATUS_OK)
		return status;
	if (!visible)
		return stop->depth == 0 ? STATUS_DENIED : STATUS_OK;
	status = children_load(w, &room.summary, &room.children);
	if (status != STATUS_OK)
		return status;
	push_children(w, &room.children, stop->depth);
	if (w->index++ < w->walk->skip)
		return STATUS_OK;
	if (w->out->count == w->walk->limit)
		w->out->has_more = true;
	else
		*ROWS_ADD(w->arena, w->out) = room;
	return STATUS_OK;
}

enum status space_walk_read(
	struct db *db, struct arena *arena, const struct space_walk *walk, struct space_rooms *out)
{
	__attribute__((cleanup(map_cleanup))) struct map *seen = map_new(SPACE_WALK_MAX_ROOMS);
	struct walking w = {.db = db, .arena = arena, .walk = walk, .seen = seen, .out = out};
	enum status status = STATUS_OK;

	*out = (struct space_rooms){0};
	*ROWS_ADD(arena, &w.stack) = (struct stop){walk->room_id, 0};
	while (status == STATUS_OK && w.stack.count > 0 && !out->has_more) {
		struct stop stop = w.stack.items[--w.stack.count];

		if (map_find(seen, stop.room_id) != NULL)
			continue;
		if (map_put(seen, stop.room_id, &w, NULL) != STATUS_OK)
			break;
		status = visit(&w, &stop);
	}
	return status;
}
