/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/homeserver.h"
#include "homeserver/store/receipt_store.h"
#include "homeserver/sync/receipt_write.h"
#include "homeserver/sync/sync_parts.h"
#include "homeserver/sync/typing.h"

static bool is_wanted(const struct sync *sync, struct str room_id, struct str type)
{
	const struct event_filter *filter = &sync->request->filter.ephemeral;

	return event_filter_passes_type(filter, type, STR_EMPTY) &&
	       event_filter_passes_room(filter, room_id);
}

static void write_typing(struct sync *sync, struct json_writer *w, struct sync_room *room)
{
	struct str_list users;
	enum typing_news news = typing_since(
		sync->hs->typing, sync->arena, room->row->room_id, room->since, &users);

	if (news == TYPING_SAME)
		return;
	room->is_due = true;
	if (news == TYPING_CHANGED)
		room->is_news = true;
	jw_object(w);
	jw_put_c_str(w, "type", "m.typing");
	jw_put_object(w, "content");
	jw_put_array(w, "user_ids");
	for (size_t i = 0; i < users.count; i++)
		jw_str(w, users.items[i]);
	jw_array_end(w);
	jw_object_end(w);
	jw_object_end(w);
}

static enum status write_receipts(struct sync *sync, struct json_writer *w, struct sync_room *room)
{
	struct receipt_list receipts;
	enum status status;

	if (room->since != 0 && !sync_names_have(&sync->receipt_rooms, room->row->room_id))
		return STATUS_OK;
	status = receipt_store_list(sync->db, sync->arena, room->row->room_id,
		sync->request->user_id, room->since, &receipts);
	if (status != STATUS_OK || receipts.count == 0)
		return status;
	receipts_write(w, &receipts, STR_EMPTY);
	room->is_news = true;
	return STATUS_OK;
}

enum status sync_ephemeral_write(struct sync *sync, struct json_writer *w, struct sync_room *room)
{
	enum status status = STATUS_OK;

	jw_put_object(w, "ephemeral");
	jw_put_array(w, "events");
	if (is_wanted(sync, room->row->room_id, STR("m.typing")))
		write_typing(sync, w, room);
	if (is_wanted(sync, room->row->room_id, STR("m.receipt")))
		status = write_receipts(sync, w, room);
	jw_array_end(w);
	jw_object_end(w);
	return status;
}
