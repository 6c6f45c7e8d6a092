/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/push_event.h"

#include "common/json/json.h"
#include "homeserver/room/room_events.h"

static bool may_notify(struct condition_event *event, struct str key)
{
	struct push_event *around = event->context;
	if (!around->has_power) {
		enum status status = power_load(
			around->tx->db, around->tx->arena, around->event->room_id, &around->power);
		if (status != STATUS_OK) {
			around->status = status;
			return false;
		}
		around->has_power = true;
	}
	return power_of_user(&around->power, around->event->sender) >=
	       power_to_notify(&around->power, key);
}

static struct str display_name(struct condition_event *event, struct str user_id)
{
	struct push_event *around = event->context;
	struct event *member = NULL;
	enum status status = room_state_find(around->tx->db, around->tx->arena,
		around->event->room_id, STR("m.room.member"), user_id, STATE_NOW, &member);
	if (status != STATUS_OK)
		around->status = status;
	return member == NULL ? STR_EMPTY : json_str(json_get(member->content, "displayname"));
}

void push_event_init(
	struct push_event *out, struct db_tx *tx, const struct event *event, int64_t member_count)
{
	*out = (struct push_event){
		.judged = {.arena = tx->arena,
			.pdu = event->pdu,
			.event_id = event->event_id,
			.room_id = event->room_id,
			.member_count = member_count,
			.may_notify = may_notify,
			.display_name = display_name,
			.context = out},
		.tx = tx,
		.event = event,
	};
}
