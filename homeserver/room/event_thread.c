/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_thread.h"

#include "common/json/json.h"
#include "homeserver/room/room_events.h"

enum status event_thread(
	struct db *db, struct arena *arena, const struct event *event, struct str *root_out)
{
	*root_out = STR_EMPTY;
	for (int hop = 0; hop <= EVENT_THREAD_HOPS; hop++) {
		const struct json *relation = json_get(event->content, "m.relates_to");
		struct str target = json_str(json_get(relation, "event_id"));
		struct event *parent;
		enum status status;

		if (target.n == 0 || event_is_state(event))
			return STATUS_OK;
		if (str_eq(json_str(json_get(relation, "rel_type")), STR("m.thread"))) {
			*root_out = target;
			return STATUS_OK;
		}
		if (json_get(relation, "rel_type") == NULL)
			return STATUS_OK;
		status = room_event_find(db, arena, target, &parent);
		if (status == STATUS_NOT_FOUND)
			return STATUS_OK;
		if (status != STATUS_OK)
			return status;
		if (!str_eq(parent->room_id, event->room_id))
			return STATUS_OK;
		event = parent;
	}
	return STATUS_OK;
}
