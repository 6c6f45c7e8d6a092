/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/room/event_refs.h"

#include "homeserver/room/room_version.h"

struct str event_ref(const struct event *event, const struct json *refs, size_t index)
{
	const struct json *ref = json_at(refs, index);

	if (event->version->event_id_form == EVENT_ID_GIVEN)
		ref = json_at(ref, 0);
	return json_str(ref);
}
