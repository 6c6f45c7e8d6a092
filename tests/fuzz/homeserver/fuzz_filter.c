/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of /sync, as a client sends it, matched against an event. */
#include "common/json/json.h"
#include "homeserver/room/event.h"
#include "homeserver/sync/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_SCOPE(arena);
	const struct json *json;
	struct filter filter;
	const char *why;
	struct event event = {
		.room_id = STR("!room:here"),
		.sender = STR("@alice:here"),
		.type = STR("m.room.message"),
	};

	if (json_parse(arena, str_n((const char *)data, size), &json, &why) != STATUS_OK)
		return 0;
	event.content = json;
	if (filter_parse(arena, json, &filter, &why) != STATUS_OK)
		return 0;
	(void)event_filter_passes(&filter.timeline, &event);
	(void)event_filter_passes(&filter.state, &event);
	(void)event_filter_passes_type(&filter.account_data, event.type, STR_EMPTY);
	(void)filter_passes_room(&filter, event.room_id);
	return 0;
}
