/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/receipts.h"

#include "common/json/json.h"
#include "common/json/json_writer.h"
#include "homeserver/appservice/as_delivery.h"
#include "homeserver/homeserver.h"
#include "homeserver/push/push_queue.h"
#include "homeserver/push/unread.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/account_data_store.h"
#include "homeserver/stream/streams.h"

#define MARKER_TEXT_MAX 4096

enum status receipt_move(struct db_tx *tx, struct str user_id, const struct event *event,
	struct str type, struct str thread_id, int64_t now)
{
	struct receipt receipt = {
		.room_id = event->room_id,
		.user_id = user_id,
		.type = type,
		.thread_id = thread_id,
		.event_id = event->event_id,
		.event_position = event->position,
		.ts = now,
		.position = stream_next(tx),
	};
	bool moved;
	enum status status = receipt_store_put(tx, &receipt, &moved);

	if (status != STATUS_OK || !moved)
		return status;
	if (homeserver_of(tx)->as_delivery != NULL)
		as_delivery_on_receipt(tx, &receipt);
	if (str_eq(type, RECEIPT_READ_PRIVATE))
		stream_touch_user(tx, user_id);
	else
		stream_touch_room(tx, event->room_id);
	enum status read = unread_read(tx, user_id, event->room_id,
		thread_id.n == 0 ? STR_EMPTY : thread_id, event->position);
	if (read != STATUS_OK)
		return read;
	return push_queue_on_read(tx, user_id, event->room_id,
		thread_id.n == 0 ? STR_EMPTY : thread_id, event->position);
}

/* Position of the event at which the marker stands; 0 when there is none. */
static enum status marker_position(
	struct db_tx *tx, struct str user_id, struct str room_id, int64_t *out)
{
	const struct json *json;
	struct event *event;
	struct str content;
	enum status status = account_data_get(
		tx->db, tx->arena, user_id, room_id, STR("m.fully_read"), &content);

	*out = 0;
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK)
		return status;
	if (json_parse(tx->arena, content, &json, NULL) != STATUS_OK)
		return STATUS_OK;
	status = room_event_find(tx->db, tx->arena, json_str(json_get(json, "event_id")), &event);
	if (status == STATUS_OK)
		*out = event->position;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status read_marker_move(struct db_tx *tx, struct str user_id, const struct event *event)
{
	struct account_data data = {.room_id = event->room_id, .type = STR("m.fully_read")};
	BUF_SCOPE(content, MARKER_TEXT_MAX);
	struct json_writer w;
	int64_t old;
	enum status status = marker_position(tx, user_id, event->room_id, &old);

	if (status != STATUS_OK || old >= event->position)
		return status;
	jw_init(&w, &content);
	jw_object(&w);
	jw_put_str(&w, "event_id", event->event_id);
	jw_object_end(&w);
	data.content = buf_str(&content);
	data.position = stream_next(tx);
	stream_touch_user(tx, user_id);
	return account_data_put(tx, user_id, &data);
}
