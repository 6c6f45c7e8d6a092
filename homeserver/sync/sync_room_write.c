/* SPDX-License-Identifier: Apache-2.0 */
/* The object of one joined or left room. */
#include "common/json/json.h"
#include "homeserver/homeserver.h"
#include "homeserver/store/push_store.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/sync/sync_parts.h"

/* event_format "federation": the PDU as it is, and the id, which the PDU does not tell. */
static enum status write_pdu(struct sync *sync, struct json_writer *w, const struct event *event)
{
	const struct json *pdu;

	if (json_parse(sync->arena, event->json, &pdu, NULL) != STATUS_OK)
		return STATUS_INTERNAL;
	jw_object(w);
	for (struct json_iter i = json_iter(pdu); json_next(&i);) {
		jw_key_str(w, i.key);
		jw_value(w, i.value);
	}
	if (json_get(pdu, "event_id") == NULL)
		jw_put_str(w, "event_id", event->event_id);
	jw_object_end(w);
	return STATUS_OK;
}

static enum status write_events(struct sync *sync, struct json_writer *w,
	const struct sync_room *room, struct event *const *events, size_t count)
{
	const struct event_format format = {
		.db = sync->db,
		.arena = sync->arena,
		.user_id = sync->request->user_id,
		.device_id = sync->request->device_id,
		.now = sync->now,
		.without_room_id = true,
		.visibility = room->visibility,
		.fields = sync->request->filter.fields,
	};
	enum status status = STATUS_OK;

	jw_put_array(w, "events");
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		if (sync->request->filter.federation_format)
			status = write_pdu(sync, w, events[i]);
		else
			status = event_write_client(w, events[i], &format);
	}
	if (status == STATUS_OK)
		jw_array_end(w);
	return status;
}

static enum status write_state(
	struct sync *sync, struct json_writer *w, const struct sync_room *room)
{
	static const char *const keys[] = {
		[SYNC_STATE_BEFORE] = "state",
		[SYNC_STATE_AFTER] = "state_after",
		[SYNC_STATE_AFTER_UNSTABLE] = "org.matrix.msc4222.state_after",
	};
	enum status status;

	jw_put_object(w, keys[sync->request->state_form]);
	status = write_events(sync, w, room, room->state.items, room->state.count);
	if (status == STATUS_OK)
		jw_object_end(w);
	return status;
}

static enum status write_timeline(
	struct sync *sync, struct json_writer *w, const struct sync_room *room)
{
	const struct sync_timeline *timeline = &room->timeline;
	enum status status;

	jw_put_object(w, "timeline");
	status = write_events(sync, w, room, timeline->items, timeline->count);
	if (status != STATUS_OK)
		return status;
	jw_put_bool(w, "limited", timeline->limited);
	jw_put_str(w, "prev_batch", stream_token(sync->arena, timeline->start));
	jw_object_end(w);
	return STATUS_OK;
}

static void write_count(struct json_writer *w, int64_t notifications, int64_t highlights)
{
	jw_object(w);
	jw_put_int(w, "notification_count", notifications);
	jw_put_int(w, "highlight_count", highlights);
	jw_object_end(w);
}

/* A client that knows threads gets the main timeline and each thread apart, others get sums. */
static enum status write_unread(
	struct sync *sync, struct json_writer *w, const struct sync_room *room)
{
	struct unread_counts counts;
	struct unread_count main_timeline = {0};
	bool by_thread = sync->request->filter.timeline.unread_thread_notifications;
	enum status status = push_store_counts(
		sync->db, sync->arena, sync->request->user_id, room->row->room_id, &counts);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < counts.count; i++) {
		if (counts.items[i].thread_id.n == 0)
			main_timeline = counts.items[i];
	}
	jw_key(w, "unread_notifications");
	if (!by_thread) {
		write_count(w, counts.notifications, counts.highlights);
		return STATUS_OK;
	}
	write_count(w, main_timeline.notifications, main_timeline.highlights);
	jw_put_object(w, "unread_thread_notifications");
	for (size_t i = 0; i < counts.count; i++) {
		if (counts.items[i].thread_id.n == 0)
			continue;
		jw_key_str(w, counts.items[i].thread_id);
		write_count(w, counts.items[i].notifications, counts.items[i].highlights);
	}
	jw_object_end(w);
	return STATUS_OK;
}

enum status sync_room_write(struct sync *sync, struct json_writer *w, struct sync_room *room)
{
	enum status status;

	if (room->timeline.count != 0 || room->timeline.limited || room->state.count != 0 ||
		room->since == 0 || sync_names_have(&sync->count_rooms, room->row->room_id))
		room->is_news = true;
	jw_object(w);
	status = sync_summary_write(sync, w, room);
	if (status == STATUS_OK)
		status = write_state(sync, w, room);
	if (status == STATUS_OK)
		status = write_timeline(sync, w, room);
	if (status == STATUS_OK && room->is_joined)
		status = sync_ephemeral_write(sync, w, room);
	if (status == STATUS_OK)
		status = sync_account_write_room(sync, w, room);
	if (status == STATUS_OK && room->is_joined)
		status = write_unread(sync, w, room);
	if (status == STATUS_OK)
		jw_object_end(w);
	if (room->is_news || room->whole_state)
		room->is_due = true;
	return status;
}
