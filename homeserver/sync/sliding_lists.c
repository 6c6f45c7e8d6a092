/* SPDX-License-Identifier: Apache-2.0 */
/* Which rooms a request asks for: those in the windows of its lists, and those subscribed to. */
#include <stdlib.h>

#include "homeserver/sync/sliding_parts.h"

struct order {
	struct sliding_room **items; /* latest activity first */
	size_t count;
};

static int compare_last(const void *a, const void *b)
{
	const struct sliding_room *x = *(struct sliding_room *const *)a;
	const struct sliding_room *y = *(struct sliding_room *const *)b;

	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return x->place->room_key < y->place->room_key ? -1 : 1;
}

static struct order order_rooms(struct sliding *s)
{
	struct order order = {
		.items = ARENA_ARRAY(s->sync.arena, struct sliding_room *, s->places.count + 1),
	};

	for (size_t i = 0; i < s->places.count; i++) {
		if (s->rooms[i].is_listed)
			order.items[order.count++] = &s->rooms[i];
	}
	if (order.count > 1)
		qsort(order.items, order.count, sizeof(struct sliding_room *), compare_last);
	return order;
}

static void ask_for(
	struct sliding *s, struct sliding_room *room, const struct sliding_config *config)
{
	if (config->timeline_limit > room->timeline_limit)
		room->timeline_limit = config->timeline_limit;
	for (size_t i = 0; i < room->rules.count; i++) {
		if (room->rules.items[i]->hash == config->rule.hash)
			return;
	}
	*ROWS_ADD(s->sync.arena, &room->rules) = &config->rule;
}

static bool is_in_window(const struct sliding_list *list, size_t index)
{
	for (size_t i = 0; i < list->ranges.count; i++) {
		const struct sliding_range *range = &list->ranges.items[i];

		if ((int64_t)index >= range->first && (int64_t)index <= range->last)
			return true;
	}
	return list->is_all;
}

static enum status fill_list(struct sliding *s, const struct order *order,
	struct sliding_lookup *lookup, size_t number, int64_t *count_out)
{
	const struct sliding_list *list = &s->request->lists[number];
	struct str_list children;
	enum status status = sliding_filter_children(s, &list->filter, &children);
	size_t index = 0;

	for (size_t i = 0; i < order->count && status == STATUS_OK; i++) {
		struct sliding_room *room = order->items[i];
		bool passes;

		status = sliding_filter_passes(s, lookup, &list->filter, &children, room, &passes);
		if (status != STATUS_OK || !passes)
			continue;
		if (is_in_window(list, index)) {
			room->lists[number / 64] |= UINT64_C(1) << (number % 64);
			ask_for(s, room, &list->config);
		}
		index++;
	}
	*count_out = (int64_t)index;
	return status;
}

/* A room that the user left may be asked for by its id, as far as they know it. */
static enum status subscribe(struct sliding *s, const struct sliding_subscription *subscription)
{
	for (size_t i = 0; i < s->places.count; i++) {
		struct sliding_room *room = &s->rooms[i];
		bool allowed = room->is_listed;
		enum status status = STATUS_OK;

		if (!str_eq(room->place->row.room_id, subscription->room_id))
			continue;
		if (!allowed && !room->is_open && !room->place->row.forgotten)
			status = sliding_rooms_was_in(s, room, &allowed);
		if (status == STATUS_OK && allowed) {
			room->is_subscribed = true;
			ask_for(s, room, &subscription->config);
		}
		return status;
	}
	return STATUS_OK;
}

enum status sliding_lists_write(struct sliding *s)
{
	struct order order = order_rooms(s);
	struct sliding_lookup lookup = {0};
	enum status status = STATUS_OK;

	jw_put_object(s->sync.out, "lists");
	for (size_t i = 0; i < s->request->list_count; i++) {
		int64_t count;

		status = fill_list(s, &order, &lookup, i, &count);
		if (status != STATUS_OK)
			return status;
		jw_key_str(s->sync.out, s->request->lists[i].key);
		jw_object(s->sync.out);
		jw_put_int(s->sync.out, "count", count);
		jw_object_end(s->sync.out);
	}
	jw_object_end(s->sync.out);
	for (size_t i = 0; i < s->request->subscription_count && status == STATUS_OK; i++)
		status = subscribe(s, &s->request->subscriptions[i]);
	return status;
}
