/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the user's rooms have something to tell, and under which membership. */
#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/homeserver.h"
#include "homeserver/room/invite_permission.h"
#include "homeserver/sync/sync_parts.h"
#include "homeserver/sync/typing.h"

#define ROOM_TEXT_MAX ((size_t)64 * 1024 * 1024)

struct section {
	const char *key;
	enum status (*write)(struct sync *sync, const struct membership_row *row,
		struct json_writer *w, bool *is_due_out);
	unsigned memberships; /* bits */
};

static bool is_first_or_full(const struct sync *sync)
{
	return sync->since == 0 || sync->request->full_state;
}

/* Whether the user was joined when the token was made. */
static enum status was_joined(struct sync *sync, const struct membership_row *row, bool *out)
{
	struct event *event;
	enum status status;

	*out = false;
	if (sync->since == 0)
		return STATUS_OK;
	status = room_state_find(sync->db, sync->arena, row->room_id, STR("m.room.member"),
		sync->request->user_id, sync->since, &event);
	if (status == STATUS_OK && event != NULL)
		*out = membership_parse(json_str(json_get(event->content, "membership"))) ==
		       MEMBERSHIP_JOIN;
	return status;
}

static enum status room_load(struct sync *sync, struct sync_room *room)
{
	struct visibility *visibility;
	int64_t readable;
	enum status status;

	room->timeline.start = room->upto;
	/* Typing, receipts or account data only. */
	if (!room->has_events && !room->whole_state)
		return STATUS_OK;
	status = visibility_load(
		sync->db, sync->arena, room->row->room_id, sync->request->user_id, &visibility);
	if (status != STATUS_OK)
		return status;
	room->visibility = visibility;
	readable = visibility_state_position(visibility);
	room->state_upto = readable < room->upto ? readable : room->upto;
	if (room->since != 0 && room->state_upto > room->since && room->has_events)
		status = room_state_delta(sync->db, sync->arena, room->row->room_id, room->since,
			room->state_upto, &room->changes);
	if (status == STATUS_OK)
		status = sync_timeline_load(sync, room);
	if (status == STATUS_OK)
		status = sync_summary_load(sync, room);
	if (status == STATUS_OK)
		status = sync_state_load(sync, room);
	return status;
}

static bool join_is_due(struct sync *sync, const struct membership_row *row)
{
	struct str_list users;

	return is_first_or_full(sync) || row->last_position > sync->since ||
	       sync_names_have(&sync->receipt_rooms, row->room_id) ||
	       sync_names_have(&sync->count_rooms, row->room_id) ||
	       sync_account_has_room(sync, row->room_id) ||
	       typing_since(sync->hs->typing, sync->arena, row->room_id, sync->since, &users) !=
		       TYPING_SAME;
}

static enum status write_join(struct sync *sync, const struct membership_row *row,
	struct json_writer *w, bool *is_due_out)
{
	struct sync_room room = {
		.row = row,
		.since = sync->since,
		.upto = sync->position,
		.is_joined = true,
	};
	enum status status = STATUS_OK;

	if (!join_is_due(sync, row))
		return STATUS_OK;
	if (row->joined_since > sync->since) {
		bool known;

		status = was_joined(sync, row, &known);
		if (!known)
			room.since = 0;
	}
	room.whole_state = room.since == 0 || sync->request->full_state;
	room.has_events = row->last_position > room.since;
	if (status == STATUS_OK)
		status = room_load(sync, &room);
	if (status == STATUS_OK)
		status = sync_room_write(sync, w, &room);
	*is_due_out = room.is_due;
	if (room.is_news)
		sync->has_news = true;
	return status;
}

/* What happened until the user left; nothing of what came after. */
static enum status write_leave(struct sync *sync, const struct membership_row *row,
	struct json_writer *w, bool *is_due_out)
{
	struct sync_room room = {
		.row = row,
		.since = sync->since,
		.upto = row->position,
		.has_events = true,
	};
	bool known;
	enum status status;

	if (is_first_or_full(sync) ? !sync->request->filter.include_leave || row->forgotten
				   : row->position <= sync->since)
		return STATUS_OK;
	status = was_joined(sync, row, &known);
	if (status != STATUS_OK)
		return status;
	/* A room that the client knows as left, asked for again in full. */
	if (row->position <= sync->since) {
		room.since = row->position;
		room.has_events = false;
	} else if (!known) {
		room.since = 0;
	}
	room.whole_state = room.since == 0 || sync->request->full_state;
	status = room_load(sync, &room);
	if (status == STATUS_OK)
		status = sync_room_write(sync, w, &room);
	*is_due_out = true;
	sync->has_news = true;
	return status;
}

static enum status write_stripped(struct sync *sync, const struct membership_row *row,
	struct json_writer *w, const char *key, bool *is_due_out)
{
	struct str events;
	enum status status = membership_invite_state(
		sync->db, sync->arena, row->room_id, sync->request->user_id, &events);

	if (status == STATUS_NOT_FOUND)
		events = STR("[]");
	else if (status != STATUS_OK)
		return status;
	jw_object(w);
	jw_put_object(w, key);
	jw_put_raw(w, "events", events);
	jw_object_end(w);
	jw_object_end(w);
	*is_due_out = true;
	sync->has_news = true;
	return STATUS_OK;
}

static enum status write_invite(struct sync *sync, const struct membership_row *row,
	struct json_writer *w, bool *is_due_out)
{
	struct event *event;
	bool blocked = false;
	enum status status;

	if (!is_first_or_full(sync) && row->position <= sync->since)
		return STATUS_OK;
	status = room_event_at(sync->db, sync->arena, row->position, &event);
	if (status == STATUS_OK)
		status = invite_permission_blocks(
			sync->db, sync->arena, sync->request->user_id, &blocked);
	if (status != STATUS_OK || blocked || sync_names_have(&sync->ignored, event->sender))
		return status;
	return write_stripped(sync, row, w, "invite_state", is_due_out);
}

static enum status write_knock(struct sync *sync, const struct membership_row *row,
	struct json_writer *w, bool *is_due_out)
{
	if (!is_first_or_full(sync) && row->position <= sync->since)
		return STATUS_OK;
	return write_stripped(sync, row, w, "knock_state", is_due_out);
}

static const struct section sections[] = {
	{"join", write_join, 1u << MEMBERSHIP_JOIN},
	{"invite", write_invite, 1u << MEMBERSHIP_INVITE},
	{"knock", write_knock, 1u << MEMBERSHIP_KNOCK},
	{"leave", write_leave, 1u << MEMBERSHIP_LEAVE | 1u << MEMBERSHIP_BAN},
};

static enum status write_section(
	struct sync *sync, const struct section *section, struct buf *scratch)
{
	bool is_open = false;

	for (size_t i = 0; i < sync->rooms.count; i++) {
		const struct membership_row *row = &sync->rooms.items[i];
		struct json_writer w;
		bool is_due = false;
		enum status status;

		if ((section->memberships >> row->membership & 1u) == 0 ||
			!filter_passes_room(&sync->request->filter, row->room_id))
			continue;
		buf_clear(scratch);
		jw_init(&w, scratch);
		status = section->write(sync, row, &w, &is_due);
		if (status == STATUS_OK && is_due)
			status = buf_status(scratch);
		if (status != STATUS_OK)
			return status;
		if (!is_due)
			continue;
		if (!is_open)
			jw_put_object(sync->out, section->key);
		is_open = true;
		jw_key_str(sync->out, row->room_id);
		jw_raw(sync->out, buf_str(scratch));
	}
	if (is_open)
		jw_object_end(sync->out);
	return STATUS_OK;
}

enum status sync_rooms_write(struct sync *sync)
{
	enum status status = STATUS_OK;
	BUF_SCOPE(scratch, ROOM_TEXT_MAX);

	jw_put_object(sync->out, "rooms");
	for (size_t i = 0; i < ARRAY_LEN(sections) && status == STATUS_OK; i++)
		status = write_section(sync, &sections[i], &scratch);
	if (status == STATUS_OK)
		jw_object_end(sync->out);
	return status;
}

struct str_list sync_joined_rooms(const struct sync *sync)
{
	struct str_list list = {0};

	for (size_t i = 0; i < sync->rooms.count; i++) {
		if (sync->rooms.items[i].membership == MEMBERSHIP_JOIN)
			*ROWS_ADD(sync->arena, &list) = sync->rooms.items[i].room_id;
	}
	return list;
}
