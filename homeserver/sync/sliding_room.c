/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a room that is asked for has anything to tell, and what. */
#include "homeserver/sync/sliding_parts.h"

static bool has_timeline(const struct sliding_room *room)
{
	return !room->is_open && room->timeline_limit > 0;
}

/* The visible events behind `since`; all there are when the limit has grown (MSC4186, "Changes to
 * timeline_limit"). */
static enum status load_timeline(struct sliding *s, struct sliding_room *room)
{
	int64_t since = room->room.since;
	bool has_events = room->room.has_events;
	enum status status;

	if (!has_timeline(room))
		return STATUS_OK;
	if (room->is_expanded) {
		room->room.since = 0;
		room->room.has_events = true;
	}
	s->sync_request.filter.timeline.limit = room->timeline_limit;
	status = sync_timeline_load(&s->sync, &room->room);
	room->room.since = since;
	room->room.has_events = has_events;
	return status;
}

static enum status room_load(struct sliding *s, struct sliding_room *room)
{
	int64_t readable;
	enum status status;

	room->room = (struct sync_room){
		.row = &room->place->row,
		.since = room->since,
		.upto = room->is_joined ? s->sync.position : room->last,
		.is_joined = room->is_joined,
		.has_events = room->last > room->since,
	};
	if (room->is_open)
		return STATUS_OK;
	status = sliding_rooms_see(s, room);
	if (status != STATUS_OK)
		return status;
	room->room.visibility = room->visibility;
	readable = visibility_state_position(room->visibility);
	room->room.state_upto = readable < room->room.upto ? readable : room->room.upto;
	if (room->since != 0 && room->room.has_events && room->room.state_upto > room->since)
		status = room_state_delta(s->sync.db, s->sync.arena, room->place->row.room_id,
			room->since, room->room.state_upto, &room->room.changes);
	if (status == STATUS_OK)
		status = load_timeline(s, room);
	if (status == STATUS_OK)
		status = sliding_required_load(s, room);
	return status;
}

static bool is_due(const struct sliding *s, const struct sliding_room *room)
{
	return room->since == 0 || room->was->told[SLIDING_EVENTS] != SLIDING_LIVE ||
	       room->last > room->since || room->is_expanded || room->was->is_dm != room->is_dm ||
	       (room->is_joined && sync_names_have(&s->sync.count_rooms, room->place->row.room_id));
}

static void remember(struct sliding *s, struct sliding_room *room)
{
	struct sliding_known *now = &room->now;
	struct sliding_rules rules = {0};
	bool is_anew = room->since == 0 || room->is_expanded || room->room.timeline.limited;

	if (!room->is_told) {
		for (size_t i = 0; i < now->rules.count; i++)
			sliding_rules_add(s->sync.arena, &rules, now->rules.items[i]);
	}
	for (size_t i = 0; i < room->rules.count; i++)
		sliding_rules_add(s->sync.arena, &rules, room->rules.items[i]->hash);
	now->rules = rules;
	if (!room->is_told)
		return;
	if (is_anew || room->timeline_limit > now->timeline_limit)
		now->timeline_limit = room->timeline_limit;
	now->told[SLIDING_EVENTS] = SLIDING_LIVE;
	now->is_dm = room->is_dm;
	room->is_kept = true;
}

static enum status consider(struct sliding *s, struct sliding_room *room)
{
	bool has_new_rules = !room->is_open && sliding_required_has_new(room);
	enum status status;

	room->is_expanded = room->since != 0 && has_timeline(room) &&
			    room->timeline_limit > room->was->timeline_limit;
	room->is_told = is_due(s, room);
	if (!room->is_told && !has_new_rules)
		return STATUS_OK;
	status = room_load(s, room);
	if (status != STATUS_OK)
		return status;
	/* Rules that ask for nothing which is there tell nothing. */
	if (room->room.state.count != 0)
		room->is_told = true;
	if (room->is_told) {
		s->sync.has_news = true;
		status = sliding_room_write(s, room);
	}
	remember(s, room);
	return status;
}

enum status sliding_rooms_write(struct sliding *s)
{
	enum status status = STATUS_OK;

	jw_put_object(s->sync.out, "rooms");
	for (size_t i = 0; i < s->places.count && status == STATUS_OK; i++) {
		if (sliding_is_wanted(&s->rooms[i]))
			status = consider(s, &s->rooms[i]);
	}
	if (status == STATUS_OK)
		jw_object_end(s->sync.out);
	return status;
}
