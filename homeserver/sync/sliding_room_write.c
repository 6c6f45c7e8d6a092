/* SPDX-License-Identifier: Apache-2.0 */
/* The object of one room (MSC4186, "RoomResult"). */
#include "common/json/json.h"
#include "homeserver/store/push_store.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/sync/sliding_parts.h"

#define HEROES_MAX 5

struct writing {
	struct sliding *s;
	struct json_writer *w;
	struct sliding_room *room;
	struct event_format format;
	int64_t at; /* the state of when names are read */
};

static bool is_v4(const struct writing *g)
{
	return g->s->request->form == SLIDING_V4;
}

/* Whether state of the type, of whatever key, is among what changed. */
static bool has_changed(const struct writing *g, const char *type)
{
	const struct event_list *changes = &g->room->room.changes;

	if (g->room->since == 0)
		return true;
	for (size_t i = 0; i < changes->count; i++) {
		if (str_eq_c(changes->items[i]->type, type))
			return true;
	}
	return false;
}

static enum status state_text(struct writing *g, const char *type, const char *key, struct str *out)
{
	struct event *event;
	enum status status = room_state_find(g->s->sync.db, g->s->sync.arena,
		g->room->place->row.room_id, str_c(type), STR(""), g->at, &event);

	*out = STR_EMPTY;
	if (status == STATUS_OK && event != NULL)
		*out = json_str(json_get(event->content, key));
	return status;
}

/* A value that was taken back is told as null. */
static void put_text(struct writing *g, const char *key, struct str text)
{
	if (text.n != 0) {
		jw_put_str(g->w, key, text);
	} else if (g->room->since != 0) {
		jw_key(g->w, key);
		jw_null(g->w);
	}
}

static enum status write_hero(struct writing *g, struct str user_id)
{
	static const char *const keys[] = {"displayname", "avatar_url"};
	struct event *event;
	enum status status = room_state_find(g->s->sync.db, g->s->sync.arena,
		g->room->place->row.room_id, STR("m.room.member"), user_id, g->at, &event);

	if (status != STATUS_OK)
		return status;
	jw_object(g->w);
	jw_put_str(g->w, "user_id", user_id);
	for (size_t i = 0; event != NULL && i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct str value = json_str(json_get(event->content, keys[i]));

		if (value.p != NULL)
			jw_put_str(g->w, keys[i], value);
	}
	jw_object_end(g->w);
	return STATUS_OK;
}

static enum status write_heroes(struct writing *g)
{
	struct str_list heroes;
	enum status status = membership_heroes(g->s->sync.db, g->s->sync.arena,
		g->room->place->row.room_id, g->s->request->user_id, HEROES_MAX, &heroes);

	if (status != STATUS_OK || heroes.count == 0)
		return status;
	jw_put_array(g->w, "heroes");
	for (size_t i = 0; i < heroes.count && status == STATUS_OK; i++)
		status = write_hero(g, heroes.items[i]);
	if (status == STATUS_OK)
		jw_array_end(g->w);
	return status;
}

static enum status write_names(struct writing *g)
{
	bool has_members_changed = has_changed(g, "m.room.member");
	bool has_name_changed = has_changed(g, "m.room.name");
	struct str name = STR_EMPTY, avatar;
	enum status status = STATUS_OK;

	if (has_name_changed || has_members_changed)
		status = state_text(g, "m.room.name", "name", &name);
	if (status == STATUS_OK && has_name_changed)
		put_text(g, "name", name);
	if (status == STATUS_OK && has_changed(g, "m.room.avatar")) {
		status = state_text(g, "m.room.avatar", "url", &avatar);
		if (status == STATUS_OK)
			put_text(g, "avatar", avatar);
	}
	if (status == STATUS_OK && g->room->is_joined && name.n == 0 &&
		(has_name_changed || has_members_changed))
		status = write_heroes(g);
	return status;
}

static enum status write_counts(struct writing *g)
{
	const struct sliding_place *place = g->room->place;
	struct unread_counts unread;
	int64_t invited;
	enum status status = STATUS_OK;

	if (!g->room->is_joined)
		return STATUS_OK;
	if (has_changed(g, "m.room.member")) {
		status = membership_count(
			g->s->sync.db, place->row.room_id, MEMBERSHIP_INVITE, &invited);
		if (status != STATUS_OK)
			return status;
		jw_put_int(g->w, "joined_count", place->joined_count);
		jw_put_int(g->w, "invited_count", invited);
	}
	if (is_v4(g))
		return STATUS_OK;
	status = push_store_counts(g->s->sync.db, g->s->sync.arena, g->s->request->user_id,
		place->row.room_id, &unread);
	if (status != STATUS_OK)
		return status;
	jw_put_int(g->w, "notification_count", unread.notifications);
	jw_put_int(g->w, "highlight_count", unread.highlights);
	return STATUS_OK;
}

/* What changed of it is told bare; what it was before is for the timeline. */
static enum status write_state(struct writing *g)
{
	const struct event_list *state = &g->room->room.state;
	enum status status = STATUS_OK;

	if (state->count == 0)
		return STATUS_OK;
	jw_put_array(g->w, "required_state");
	for (size_t i = 0; i < state->count && status == STATUS_OK; i++)
		status = event_write_plain(g->w, state->items[i], NULL, &g->format);
	if (status == STATUS_OK)
		jw_array_end(g->w);
	return status;
}

static enum status write_timeline(struct writing *g)
{
	const struct sync_timeline *timeline = &g->room->room.timeline;
	int64_t live = 0;
	enum status status = STATUS_OK;

	if (g->room->is_open || g->room->timeline_limit == 0)
		return STATUS_OK;
	jw_put_array(g->w, "timeline");
	for (size_t i = 0; i < timeline->count && status == STATUS_OK; i++) {
		if (g->s->sync.since != 0 && timeline->items[i]->position > g->s->sync.since)
			live++;
		status = event_write_client(g->w, timeline->items[i], &g->format);
	}
	if (status != STATUS_OK)
		return status;
	jw_array_end(g->w);
	jw_put_str(g->w, "prev_batch", stream_token(g->s->sync.arena, timeline->start));
	jw_put_bool(g->w, "limited", timeline->limited);
	jw_put_int(g->w, "num_live", live);
	if (g->room->is_expanded)
		jw_put_bool(
			g->w, is_v4(g) ? "expanded_timeline" : "unstable_expanded_timeline", true);
	return STATUS_OK;
}

/* An invite, a knock, or what became of one: the room is not the user's to read. */
static enum status write_stripped(struct writing *g)
{
	struct str events;
	enum status status = membership_invite_state(g->s->sync.db, g->s->sync.arena,
		g->room->place->row.room_id, g->s->request->user_id, &events);

	if (status == STATUS_NOT_FOUND)
		events = STR("[]");
	else if (status != STATUS_OK)
		return status;
	jw_put_raw(g->w, is_v4(g) ? "stripped_state" : "invite_state", events);
	return STATUS_OK;
}

static void write_lists(struct writing *g)
{
	const struct sliding_request *request = g->s->request;
	bool is_begun = false;

	for (size_t i = 0; i < request->list_count; i++) {
		if ((g->room->lists[i / 64] >> (i % 64) & 1) == 0)
			continue;
		if (!is_begun)
			jw_put_array(g->w, "lists");
		is_begun = true;
		jw_str(g->w, request->lists[i].key);
	}
	if (is_begun)
		jw_array_end(g->w);
}

static void write_frame(struct writing *g)
{
	const struct sliding_place *place = g->room->place;

	if (g->room->since == 0)
		jw_put_bool(g->w, "initial", true);
	jw_put_str(g->w, "membership", membership_name(place->row.membership));
	jw_put_int(g->w, "bump_stamp",
		g->room->is_joined && place->bump != 0 ? place->bump : place->row.position);
	if (g->room->since == 0 ? g->room->is_dm : g->room->is_dm != g->room->was->is_dm)
		jw_put_bool(g->w, "is_dm", g->room->is_dm);
	if (is_v4(g))
		write_lists(g);
}

enum status sliding_room_write(struct sliding *s, struct sliding_room *room)
{
	struct writing g = {
		.s = s,
		.w = s->sync.out,
		.room = room,
		.at = room->is_joined ? STATE_NOW : room->room.state_upto,
		.format = {.db = s->sync.db,
			.arena = s->sync.arena,
			.user_id = s->request->user_id,
			.device_id = s->request->device_id,
			.now = s->sync.now,
			.without_room_id = true,
			.visibility = room->visibility},
	};
	enum status status = STATUS_OK;

	jw_key_str(g.w, room->place->row.room_id);
	jw_object(g.w);
	write_frame(&g);
	if (!room->is_open && room->room.state_upto != 0)
		status = write_names(&g);
	if (status == STATUS_OK)
		status = write_counts(&g);
	if (status == STATUS_OK)
		status = write_state(&g);
	if (status == STATUS_OK)
		status = write_timeline(&g);
	if (status == STATUS_OK && (room->is_open || (is_v4(&g) && room->room.state_upto == 0)))
		status = write_stripped(&g);
	if (status == STATUS_OK)
		jw_object_end(g.w);
	return status;
}
