/* SPDX-License-Identifier: Apache-2.0 */
/* Events of other servers, in every version: what is taken reads the same once more. */
#include <stdlib.h>

#include "homeserver/room/event_hash.h"
#include "homeserver/room/event_read.h"
#include "homeserver/room/event_refs.h"
#include "homeserver/room/event_stored.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_taken(struct arena *arena, const struct event *event)
{
	const struct json *prev = event_prev(event), *auth = event_auth(event);
	struct event *again, *stored;

	if (event->json.n > EVENT_MAX_BYTES || event->room_id.n == 0 || event->depth < 0)
		abort();
	for (size_t i = 0; i < json_count(prev); i++)
		if (event_ref(event, prev, i).p == NULL)
			abort();
	for (size_t i = 0; i < json_count(auth); i++)
		if (event_ref(event, auth, i).p == NULL)
			abort();
	if (event_read(arena, event->version, event->json, &again, NULL) != STATUS_OK ||
		!str_eq(again->event_id, event->event_id) || !str_eq(again->json, event->json))
		abort();
	if (event_stored_read(arena, event->version, event->room_id, event->event_id, event->json,
		    &stored) != STATUS_OK ||
		!str_eq(stored->type, event->type) || !str_eq(stored->sender, event->sender) ||
		!str_eq(stored->state_key, event->state_key) || stored->depth != event->depth ||
		event_is_state(stored) != event_is_state(event) ||
		stored->origin_server_ts != event->origin_server_ts ||
		!str_eq(stored->redacts, event->redacts))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count;
	const struct room_version *versions = room_version_all(&count);
	ARENA_SCOPE(arena);

	for (size_t i = 0; i < count; i++) {
		struct event *event;
		const char *why;

		if (event_read(arena, &versions[i], str_n((const char *)data, size), &event,
			    &why) == STATUS_OK)
			check_taken(arena, event);
	}
	return 0;
}
