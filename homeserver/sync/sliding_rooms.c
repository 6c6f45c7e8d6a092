/* SPDX-License-Identifier: Apache-2.0 */
/* The rooms of the user, and what the client knows of each. */
#include "homeserver/room/invite_permission.h"
#include "homeserver/sync/sliding_parts.h"

enum status sliding_rooms_see(struct sliding *s, struct sliding_room *room)
{
	if (room->visibility != NULL)
		return STATUS_OK;
	return visibility_load(s->sync.db, s->sync.arena, room->place->row.room_id,
		s->request->user_id, &room->visibility);
}

enum status sliding_rooms_was_in(struct sliding *s, struct sliding_room *room, bool *out)
{
	enum status status = sliding_rooms_see(s, room);

	if (status == STATUS_OK)
		*out = visibility_state_position(room->visibility) != 0;
	return status;
}

/* How far the client knows the room. A stay or an invite that began behind that begins anew. */
static int64_t known_until(const struct sliding *s, const struct sliding_room *room)
{
	const struct membership_row *row = &room->place->row;
	int64_t told = room->was == NULL ? SLIDING_NEVER : room->was->told[SLIDING_EVENTS];
	int64_t since = told == SLIDING_LIVE ? s->sync.since : told;

	if (told == SLIDING_NEVER)
		return 0;
	if (room->is_joined && row->joined_since > since)
		return 0;
	return room->is_open && row->position > since ? 0 : since;
}

static bool has_left(const struct sliding_room *room)
{
	return !room->is_joined && !room->is_open;
}

static enum status is_unwanted(struct sliding *s, const struct sliding_room *room, bool *out)
{
	struct event *event;
	enum status status;

	*out = room->place->row.membership == MEMBERSHIP_INVITE && s->blocks_invites;
	if (room->place->row.membership != MEMBERSHIP_INVITE || *out || s->sync.ignored.count == 0)
		return STATUS_OK;
	status = room_event_at(s->sync.db, s->sync.arena, room->place->row.position, &event);
	if (status == STATUS_OK)
		*out = sync_names_have(&s->sync.ignored, event->sender);
	return status;
}

/* A room that was left is listed until that is told; one from which the user was put out, for good
 * (MSC4186, "Lists"). */
static enum status set_listed(struct sliding *s, struct sliding_room *room)
{
	const struct membership_row *row = &room->place->row;
	bool unwanted;
	enum status status;

	if (!has_left(room)) {
		status = is_unwanted(s, room, &unwanted);
		room->is_listed = status == STATUS_OK && !unwanted;
		return status;
	}
	if (room->was != NULL && row->position > room->since)
		room->is_listed = true;
	else if (!room->place->by_self && !row->forgotten)
		return sliding_rooms_was_in(s, room, &room->is_listed);
	return STATUS_OK;
}

/* What happens to a room that is not told: it is told up to where it was. */
static void carry_over(const struct sliding *s, struct sliding_room *room)
{
	const struct membership_row *row = &room->place->row;

	room->now = (struct sliding_known){
		.room_key = room->place->room_key,
		.told = {SLIDING_NEVER, SLIDING_NEVER, SLIDING_NEVER, SLIDING_NEVER},
	};
	if (room->was == NULL)
		return;
	room->now = *room->was;
	room->is_kept = !has_left(room) || !row->forgotten || row->position > room->since;
	if (room->now.told[SLIDING_EVENTS] == SLIDING_LIVE &&
		(room->last > s->sync.since ||
			(room->is_joined && sync_names_have(&s->sync.count_rooms, row->room_id))))
		room->now.told[SLIDING_EVENTS] = s->sync.since;
}

static enum status room_load(
	struct sliding *s, const struct sliding_place *place, struct sliding_room *room)
{
	enum membership membership = place->row.membership;

	room->place = place;
	room->was = sliding_state_find(&s->was, place->room_key);
	room->is_joined = membership == MEMBERSHIP_JOIN;
	room->is_open = membership == MEMBERSHIP_INVITE || membership == MEMBERSHIP_KNOCK;
	room->is_dm = sync_names_have(&s->dms, place->row.room_id);
	room->last = room->is_joined ? place->row.last_position : place->row.position;
	room->since = known_until(s, room);
	carry_over(s, room);
	return set_listed(s, room);
}

enum status sliding_rooms_load(struct sliding *s)
{
	enum status status =
		sliding_store_rooms(s->sync.db, s->sync.arena, s->request->user_id, &s->places);

	if (status == STATUS_OK)
		status = invite_permission_blocks(
			s->sync.db, s->sync.arena, s->request->user_id, &s->blocks_invites);
	if (status != STATUS_OK)
		return status;
	s->rooms = ARENA_ARRAY(s->sync.arena, struct sliding_room, s->places.count + 1);
	for (size_t i = 0; i < s->places.count && status == STATUS_OK; i++)
		status = room_load(s, &s->places.items[i], &s->rooms[i]);
	return status;
}
