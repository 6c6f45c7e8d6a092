/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The extensions that go by room: account_data (MSC3959), receipts (MSC3960), typing (MSC3961). Of
 * each room they tell what is new since they last did, whenever that was.
 */
#include "homeserver/homeserver.h"
#include "homeserver/store/receipt_store.h"
#include "homeserver/sync/receipt_write.h"
#include "homeserver/sync/sliding_parts.h"
#include "homeserver/sync/typing.h"

struct stream {
	enum sliding_stream which;
	/* Writes "key": value when there is anything. since 0: the client has nothing of it. */
	enum status (*write)(struct sliding *s, struct sliding_room *room, int64_t since);
	/* Whether anything came behind `since`. */
	bool (*has_changed)(struct sliding *s, const struct sliding_room *room, int64_t since);
};

static bool is_about(
	const struct sliding *s, const struct sliding_scope *scope, const struct sliding_room *room)
{
	if (!scope->enabled || !room->is_joined || !room->is_kept)
		return false;
	if (room->is_subscribed && scope->all_rooms)
		return true;
	for (size_t i = 0; room->is_subscribed && i < scope->rooms.count; i++) {
		if (str_eq(scope->rooms.items[i], room->place->row.room_id))
			return true;
	}
	for (size_t i = 0; i < s->request->list_count; i++) {
		bool stands_in = (room->lists[i / 64] >> (i % 64) & 1) != 0;

		if (stands_in && scope->all_lists)
			return true;
		for (size_t j = 0; stands_in && j < scope->lists.count; j++) {
			if (str_eq(scope->lists.items[j], s->request->lists[i].key))
				return true;
		}
	}
	return false;
}

static enum status write_room(
	struct sliding *s, const struct stream *stream, struct sliding_room *room)
{
	int64_t told = room->now.told[stream->which];
	int64_t since = told == SLIDING_NEVER ? 0 : told == SLIDING_LIVE ? s->sync.since : told;

	room->now.told[stream->which] = SLIDING_LIVE;
	if (since != 0 && !stream->has_changed(s, room, since) && !room->is_told)
		return STATUS_OK;
	return stream->write(s, room, since);
}

/* "rooms": {...}; what is not told now is told up to where it was. */
static enum status write_rooms(
	struct sliding *s, const struct sliding_scope *scope, const struct stream *stream)
{
	enum status status = STATUS_OK;

	if (scope->enabled)
		jw_put_object(s->sync.out, "rooms");
	for (size_t i = 0; i < s->places.count && status == STATUS_OK; i++) {
		struct sliding_room *room = &s->rooms[i];
		int64_t *told = &room->now.told[stream->which];

		if (is_about(s, scope, room))
			status = write_room(s, stream, room);
		else if (*told == SLIDING_LIVE && stream->has_changed(s, room, s->sync.since))
			*told = s->sync.since;
	}
	if (status == STATUS_OK && scope->enabled)
		jw_object_end(s->sync.out);
	return status;
}

/* --- account data --- */

static bool account_changed(struct sliding *s, const struct sliding_room *room, int64_t since)
{
	return since < s->sync.since || sync_account_has_room(&s->sync, room->place->row.room_id);
}

static enum status write_account(struct sliding *s, struct sliding_room *room, int64_t since)
{
	struct json_writer *w = s->sync.out;
	struct account_data_list list;
	enum status status = account_data_all(
		s->sync.db, s->sync.arena, s->request->user_id, room->place->row.room_id, &list);
	bool is_begun = false;

	for (size_t i = 0; status == STATUS_OK && i < list.count; i++) {
		if (list.items[i].position <= since)
			continue;
		if (!is_begun) {
			jw_key_str(w, room->place->row.room_id);
			jw_array(w);
			s->sync.has_news = true;
		}
		is_begun = true;
		sync_account_write_item(w, &list.items[i]);
	}
	if (is_begun)
		jw_array_end(w);
	return status;
}

enum status sliding_streams_account_data(struct sliding *s)
{
	static const struct stream stream = {SLIDING_ACCOUNT_DATA, write_account, account_changed};
	const struct sliding_scope *scope = &s->request->account_data;
	enum status status = STATUS_OK;

	if (!scope->enabled)
		return write_rooms(s, scope, &stream);
	jw_put_object(s->sync.out, "account_data");
	jw_put_array(s->sync.out, "global");
	status = sync_account_write_events(&s->sync);
	if (status != STATUS_OK)
		return status;
	jw_array_end(s->sync.out);
	status = write_rooms(s, scope, &stream);
	if (status == STATUS_OK)
		jw_object_end(s->sync.out);
	return status;
}

/* --- receipts --- */

static bool receipts_changed(struct sliding *s, const struct sliding_room *room, int64_t since)
{
	return since < s->sync.since ||
	       sync_names_have(&s->sync.receipt_rooms, room->place->row.room_id);
}

/* Of a room that is new to the client: its user's own, and those at what the timeline shows. They
 * were given behind the timeline's start. */
static void keep_shown(
	const struct sliding *s, const struct sliding_room *room, struct receipt_list *list)
{
	const struct sync_timeline *timeline = &room->room.timeline;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		bool is_shown = str_eq(list->items[i].user_id, s->request->user_id);

		for (size_t j = 0; j < timeline->count && !is_shown; j++)
			is_shown = timeline->items[j]->position == list->items[i].event_position;
		if (is_shown)
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
}

static enum status load_shown(
	struct sliding *s, const struct sliding_room *room, struct receipt_list *list)
{
	const struct sync_timeline *timeline = &room->room.timeline;
	int64_t start = timeline->count == 0 ? s->sync.position : timeline->items[0]->position;
	struct str room_id = room->place->row.room_id;
	struct receipt_list own;
	enum status status = receipt_store_list(
		s->sync.db, s->sync.arena, room_id, s->request->user_id, start, list);

	if (status == STATUS_OK)
		status = receipt_store_own(
			s->sync.db, s->sync.arena, room_id, s->request->user_id, start, &own);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < own.count; i++)
		*ROWS_ADD(s->sync.arena, list) = own.items[i];
	keep_shown(s, room, list);
	return STATUS_OK;
}

/* The same receipt twice is written once. */
static enum status write_receipts(struct sliding *s, struct sliding_room *room, int64_t since)
{
	struct receipt_list list = {0}, shown = {0};
	bool is_new = since == 0 || (room->is_told && room->since == 0);
	enum status status = STATUS_OK;

	if (!is_new)
		status = receipt_store_list(s->sync.db, s->sync.arena, room->place->row.room_id,
			s->request->user_id, since, &list);
	if (status == STATUS_OK && (is_new || room->is_expanded))
		status = load_shown(s, room, &shown);
	for (size_t i = 0; i < shown.count; i++)
		*ROWS_ADD(s->sync.arena, &list) = shown.items[i];
	if (status != STATUS_OK || list.count == 0)
		return status;
	jw_key_str(s->sync.out, room->place->row.room_id);
	receipts_write_first(s->sync.out, &list);
	s->sync.has_news = true;
	return STATUS_OK;
}

enum status sliding_streams_receipts(struct sliding *s)
{
	static const struct stream stream = {SLIDING_RECEIPTS, write_receipts, receipts_changed};
	const struct sliding_scope *scope = &s->request->receipts;
	enum status status;

	if (scope->enabled)
		jw_put_object(s->sync.out, "receipts");
	status = write_rooms(s, scope, &stream);
	if (status == STATUS_OK && scope->enabled)
		jw_object_end(s->sync.out);
	return status;
}

/* --- typing --- */

static bool typing_changed(struct sliding *s, const struct sliding_room *room, int64_t since)
{
	struct str_list users;

	return typing_since(s->sync.hs->typing, s->sync.arena, room->place->row.room_id, since,
		       &users) != TYPING_SAME;
}

static enum status write_typing(struct sliding *s, struct sliding_room *room, int64_t since)
{
	struct json_writer *w = s->sync.out;
	struct str_list users;
	enum typing_news news = typing_since(
		s->sync.hs->typing, s->sync.arena, room->place->row.room_id, since, &users);

	if (news == TYPING_SAME)
		return STATUS_OK;
	if (news == TYPING_CHANGED)
		s->sync.has_news = true;
	jw_key_str(w, room->place->row.room_id);
	jw_object(w);
	jw_put_c_str(w, "type", "m.typing");
	jw_put_object(w, "content");
	jw_put_array(w, "user_ids");
	for (size_t i = 0; i < users.count; i++)
		jw_str(w, users.items[i]);
	jw_array_end(w);
	jw_object_end(w);
	jw_object_end(w);
	return STATUS_OK;
}

enum status sliding_streams_typing(struct sliding *s)
{
	static const struct stream stream = {SLIDING_TYPING, write_typing, typing_changed};
	const struct sliding_scope *scope = &s->request->typing;
	enum status status;

	if (scope->enabled)
		jw_put_object(s->sync.out, "typing");
	status = write_rooms(s, scope, &stream);
	if (status == STATUS_OK && scope->enabled)
		jw_object_end(s->sync.out);
	return status;
}
