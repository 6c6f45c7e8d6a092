/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that goes with a timeline: all of it or what changed since, up to the timeline's start
 * ("state") or its end ("state_after"); with lazy loading, members only where they are needed.
 */
#include <stdlib.h>

#include "common/base/map.h"
#include "homeserver/sync/sync_parts.h"

static bool is_member(const struct event *event)
{
	return str_eq(event->type, STR("m.room.member"));
}

static void list_add(struct sync *sync, struct event_list *list, struct event *event)
{
	*ROWS_ADD(sync->arena, list) = event;
}

static bool list_has(const struct event_list *list, const struct event *event)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i]->position == event->position)
			return true;
	}
	return false;
}

/* What is known of one key of the state while filtered events are put in their places. */
struct place {
	int64_t position; /* of the newest event of that key seen so far */
	bool is_listed;
	size_t index; /* in the list, when it is */
};

static struct place *place_get(struct sync *sync, struct map *places, const struct event *event)
{
	struct str key = arena_printf(sync->arena, "%zu:%.*s%.*s", event->type.n,
		STR_FMT(event->type), STR_FMT(event->state_key));
	struct place *place = map_find(places, key);

	if (place == NULL) {
		place = ARENA_NEW(sync->arena, struct place);
		if (map_put(places, key, place, NULL) != STATUS_OK)
			abort(); /* it was made large enough */
	}
	return place;
}

static void note_known(struct sync *sync, const struct sync_timeline *timeline,
	const struct event_list *list, struct map *places)
{
	for (size_t i = 0; i < list->count; i++)
		*place_get(sync, places, list->items[i]) =
			(struct place){list->items[i]->position, true, i};
	for (size_t i = 0; i < timeline->count; i++) {
		if (event_is_state(timeline->items[i]))
			place_get(sync, places, timeline->items[i])->position =
				timeline->items[i]->position;
	}
}

/* State events that the timeline's filter took out, the newest of each key. Where the timeline
 * shows a newer one of that key, it is left to it. */
static void add_filtered(struct sync *sync, const struct sync_room *room, struct event_list *list)
{
	const struct event_list *filtered = &room->timeline.filtered_state;
	struct map *places;

	if (filtered->count == 0)
		return;
	places = map_new(list->count + room->timeline.count + filtered->count);
	note_known(sync, &room->timeline, list, places);
	for (size_t i = 0; i < filtered->count; i++) {
		struct event *event = filtered->items[i];
		struct place *place = place_get(sync, places, event);

		if (place->position > event->position)
			continue;
		place->position = event->position;
		if (place->is_listed && place->index < list->count) {
			list->items[place->index] = event;
			continue;
		}
		place->is_listed = true;
		place->index = list->count;
		list_add(sync, list, event);
	}
	map_free(&places, NULL);
}

static enum status add_member(struct sync *sync, const struct sync_room *room, struct str user_id,
	int64_t at, struct event_list *list)
{
	struct event *event;
	enum status status = room_state_find(sync->db, sync->arena, room->row->room_id,
		STR("m.room.member"), user_id, at, &event);

	if (status == STATUS_OK && event != NULL && !list_has(list, event))
		list_add(sync, list, event);
	return status;
}

static bool sender_came_before(const struct sync_timeline *timeline, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (str_eq(timeline->items[j]->sender, timeline->items[i]->sender))
			return true;
	}
	return false;
}

/* Lazy loading: who speaks in the timeline, the heroes, and in a whole state the user. Members the
 * client may know already are told again: what this server believes a client to hold would be
 * wrong whenever an answer is lost on its way. */
static enum status add_lazy_members(
	struct sync *sync, struct sync_room *room, int64_t at, struct event_list *list)
{
	enum status status = STATUS_OK;

	if (room->whole_state)
		status = add_member(sync, room, sync->request->user_id, at, list);
	for (size_t i = 0; i < room->timeline.count && status == STATUS_OK; i++) {
		if (!sender_came_before(&room->timeline, i))
			status = add_member(sync, room, room->timeline.items[i]->sender, at, list);
	}
	for (size_t i = 0; i < room->heroes.count && status == STATUS_OK; i++)
		status = add_member(sync, room, room->heroes.items[i], at, list);
	return status;
}

static enum status changes_until(
	struct sync *sync, const struct sync_room *room, int64_t at, struct event_list *out)
{
	if (at == room->state_upto) {
		*out = room->changes;
		return STATUS_OK;
	}
	if (at <= room->since)
		return STATUS_OK;
	return room_state_delta(sync->db, sync->arena, room->row->room_id, room->since, at, out);
}

static void list_add_all(struct sync *sync, struct event_list *list, const struct event_list *more)
{
	for (size_t i = 0; i < more->count; i++)
		list_add(sync, list, more->items[i]);
}

static enum status load_whole(
	struct sync *sync, const struct sync_room *room, int64_t at, struct event_list *list)
{
	bool lazy = sync->request->filter.state.lazy_load_members;
	struct state_select others = {.without_type = STR("m.room.member")};
	struct event_list state, changes = {0};
	enum status status = room_state_list(sync->db, sync->arena, room->row->room_id,
		room->is_joined && at == room->state_upto ? STATE_NOW : at, lazy ? &others : NULL,
		&state);

	if (status != STATUS_OK)
		return status;
	list_add_all(sync, list, &state);
	if (!lazy || room->since == 0)
		return STATUS_OK;
	/* full_state of a room the client knows: members who changed in a gap belong to it. */
	status = changes_until(sync, room, at, &changes);
	for (size_t i = 0; i < changes.count; i++) {
		if (is_member(changes.items[i]))
			list_add(sync, list, changes.items[i]);
	}
	return status;
}

static void keep_passing(struct sync *sync, struct event_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (event_filter_passes(&sync->request->filter.state, list->items[i]))
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

/* How the user's stay, invite or knock ended: they may read no other state of that position. */
static enum status add_end(struct sync *sync, const struct sync_room *room, struct event_list *list)
{
	struct event *event;
	size_t kept = 0;
	enum status status = room_state_find(sync->db, sync->arena, room->row->room_id,
		STR("m.room.member"), sync->request->user_id, room->upto, &event);

	if (status != STATUS_OK || event == NULL)
		return status;
	for (size_t i = 0; i < list->count; i++) {
		if (!is_member(list->items[i]) ||
			!str_eq(list->items[i]->state_key, event->state_key))
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	list_add(sync, list, event);
	return STATUS_OK;
}

static enum status load_readable(
	struct sync *sync, struct sync_room *room, bool is_before, struct event_list *list)
{
	int64_t at = is_before ? room->timeline.start : room->upto;
	struct event_list changes = {0};
	enum status status = STATUS_OK;

	if (at > room->state_upto)
		at = room->state_upto;
	if (room->whole_state) {
		status = load_whole(sync, room, at, list);
	} else {
		status = changes_until(sync, room, at, &changes);
		list_add_all(sync, list, &changes);
	}
	if (status == STATUS_OK && is_before)
		add_filtered(sync, room, list);
	if (status == STATUS_OK && sync->request->filter.state.lazy_load_members)
		status = add_lazy_members(sync, room, at, list);
	return status;
}

enum status sync_state_load(struct sync *sync, struct sync_room *room)
{
	bool is_before = sync->request->state_form == SYNC_STATE_BEFORE;
	struct event_list list = {0};
	enum status status = STATUS_OK;

	if (room->state_upto != 0)
		status = load_readable(sync, room, is_before, &list);
	if (status == STATUS_OK && !is_before && !room->is_joined)
		status = add_end(sync, room, &list);
	if (status != STATUS_OK)
		return status;
	keep_passing(sync, &list);
	room->state = list;
	return STATUS_OK;
}
