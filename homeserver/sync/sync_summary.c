/* SPDX-License-Identifier: Apache-2.0 */
/* The room summary: how many are in it, and whose names stand for a room without a name. */
#include "common/json/json.h"
#include "homeserver/sync/sync_parts.h"

#define HEROES_MAX 5

static bool is_named_by(const struct event *event, const char *key)
{
	return event != NULL && json_str(json_get(event->content, key)).n != 0;
}

static enum status has_name(struct sync *sync, const struct sync_room *room, bool *out)
{
	struct event *name, *alias;
	struct str room_id = room->row->room_id;
	enum status status = room_state_find(
		sync->db, sync->arena, room_id, STR("m.room.name"), STR(""), STATE_NOW, &name);

	if (status == STATUS_OK)
		status = room_state_find(sync->db, sync->arena, room_id,
			STR("m.room.canonical_alias"), STR(""), STATE_NOW, &alias);
	if (status == STATUS_OK)
		*out = is_named_by(name, "name") || is_named_by(alias, "alias");
	return status;
}

static bool changes_summary(const struct event_list *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		struct str type = changes->items[i]->type;

		if (str_eq(type, STR("m.room.member")) || str_eq(type, STR("m.room.name")) ||
			str_eq(type, STR("m.room.canonical_alias")))
			return true;
	}
	return false;
}

enum status sync_summary_load(struct sync *sync, struct sync_room *room)
{
	bool is_named;
	enum status status;

	if (!room->is_joined || (!room->whole_state && !changes_summary(&room->changes)))
		return STATUS_OK;
	room->has_summary = true;
	status = has_name(sync, room, &is_named);
	if (status != STATUS_OK || is_named)
		return status;
	room->has_heroes = true;
	return membership_heroes(sync->db, sync->arena, room->row->room_id, sync->request->user_id,
		HEROES_MAX, &room->heroes);
}

enum status sync_summary_write(
	struct sync *sync, struct json_writer *w, const struct sync_room *room)
{
	int64_t joined, invited;
	enum status status;

	if (!room->has_summary)
		return STATUS_OK;
	status = membership_count(sync->db, room->row->room_id, MEMBERSHIP_JOIN, &joined);
	if (status == STATUS_OK)
		status =
			membership_count(sync->db, room->row->room_id, MEMBERSHIP_INVITE, &invited);
	if (status != STATUS_OK)
		return status;
	jw_put_object(w, "summary");
	if (room->has_heroes) {
		jw_put_array(w, "m.heroes");
		for (size_t i = 0; i < room->heroes.count; i++)
			jw_str(w, room->heroes.items[i]);
		jw_array_end(w);
	}
	jw_put_int(w, "m.joined_member_count", joined);
	jw_put_int(w, "m.invited_member_count", invited);
	jw_object_end(w);
	return STATUS_OK;
}
