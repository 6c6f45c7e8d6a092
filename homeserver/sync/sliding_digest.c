/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/sliding_digest.h"

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/digest_store.h"

/* What moves a room up in the lists of clients (MSC4186, bump_stamp). */
static bool is_activity(struct str type)
{
	static const char *const types[] = {
		"m.room.message",
		"m.room.encrypted",
		"m.sticker",
		"m.room.create",
		"m.call.invite",
		"m.poll.start",
		"org.matrix.msc3381.poll.start",
		"m.beacon_info",
		"org.matrix.msc3672.beacon_info",
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (str_eq_c(type, types[i]))
			return true;
	}
	return false;
}

/* The member of the content when it is a text that is not empty. */
static struct str text_of(const struct event *event, const char *key)
{
	struct str text = event == NULL ? STR_EMPTY : json_str(json_get(event->content, key));

	return text.n == 0 ? STR_EMPTY : text;
}

static enum status put_state(struct db_tx *tx, struct str room_id, struct str type,
	const struct event *event) REQUIRES(on_writer)
{
	if (str_eq_c(type, "m.room.name"))
		return digest_store_set_name(tx, room_id, text_of(event, "name"));
	if (str_eq_c(type, "m.room.encryption"))
		return digest_store_set_encrypted(tx, room_id, true);
	if (str_eq_c(type, "m.room.create"))
		return digest_store_set_type(tx, room_id, text_of(event, "type"));
	return STATUS_OK;
}

/* It may have been taken back by a redaction. */
static enum status refresh_name(struct db_tx *tx, struct str room_id) REQUIRES(on_writer)
{
	struct event *event;
	enum status status = room_state_find(
		tx->db, tx->arena, room_id, STR("m.room.name"), STR(""), STATE_NOW, &event);

	return status == STATUS_OK ? digest_store_set_name(tx, room_id, text_of(event, "name"))
				   : status;
}

enum status sliding_digest_on_event(struct db_tx *tx, const struct event *event)
{
	enum status status = STATUS_OK;

	if (event_is_state(event) && event->state_key.n == 0)
		status = put_state(tx, event->room_id, event->type, event);
	if (status == STATUS_OK && is_activity(event->type))
		status = digest_store_set_bump(tx, event->room_id, event->position);
	if (status == STATUS_OK && event->redacts.n != 0)
		status = refresh_name(tx, event->room_id);
	return status;
}
