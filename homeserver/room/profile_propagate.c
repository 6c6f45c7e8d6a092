/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/profile_propagate.h"

#include "homeserver/room/room_membership.h"
#include "homeserver/room/room_send.h"
#include "homeserver/store/membership_store.h"

enum status profile_propagate(struct db_tx *tx, struct str user_id)
{
	struct member_content member = {.membership = STR("join"), .user_id = user_id};
	struct event_draft draft = {
		.sender = user_id,
		.type = STR("m.room.member"),
		.state_key = user_id,
	};
	struct str_list rooms;
	enum status status = membership_joined_rooms(tx->db, tx->arena, user_id, &rooms);

	if (status == STATUS_OK)
		status = room_member_content(tx->db, tx->arena, &member, &draft.content);
	for (size_t i = 0; i < rooms.count && status == STATUS_OK; i++) {
		struct event *event;

		draft.room_id = rooms.items[i];
		status = room_send(tx, &draft, &event, NULL);
		if (status == STATUS_DENIED)
			status = STATUS_OK;
	}
	return status;
}
