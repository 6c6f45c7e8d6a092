/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/guest_access.h"

#include "common/json/json.h"
#include "homeserver/room/room_events.h"
#include "homeserver/room/room_send.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/membership_store.h"

static enum status lets_guests(struct db *db, struct arena *arena, struct str room_id, bool *out)
{
	struct event *event;
	enum status status = room_state_find(
		db, arena, room_id, STR("m.room.guest_access"), STR(""), STATE_NOW, &event);

	if (status == STATUS_OK)
		*out = event != NULL &&
		       str_eq_c(json_str(json_get(event->content, "guest_access")), "can_join");
	return status;
}

enum status guest_access_check(
	struct db *db, struct arena *arena, struct str room_id, struct str user_id)
{
	struct account account;
	bool allowed;
	enum status status = account_find(db, arena, user_id, &account);

	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !account.is_guest))
		return STATUS_OK;
	if (status == STATUS_OK)
		status = lets_guests(db, arena, room_id, &allowed);
	if (status != STATUS_OK)
		return status;
	return allowed ? STATUS_OK : STATUS_DENIED;
}

enum status guest_access_enforce(struct db_tx *tx, struct str room_id)
{
	struct str_list guests = {0};
	bool allowed;
	enum status status = lets_guests(tx->db, tx->arena, room_id, &allowed);

	if (status == STATUS_OK && !allowed)
		status = membership_joined_guests(tx->db, tx->arena, room_id, &guests);
	for (size_t i = 0; i < guests.count && status == STATUS_OK; i++) {
		const struct event_draft draft = {
			.room_id = room_id,
			.sender = guests.items[i],
			.type = STR("m.room.member"),
			.state_key = guests.items[i],
			.content = STR("{\"membership\":\"leave\"}"),
		};
		struct event *event;

		status = room_send(tx, &draft, &event, NULL);
	}
	return status;
}
