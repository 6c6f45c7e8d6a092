/* SPDX-License-Identifier: Apache-2.0 */
/* Making a PDU of ours: canonical, hashed, signed (server-server API, "PDUs"). */
#ifndef PARVIS_HOMESERVER_EVENT_BUILD_H
#define PARVIS_HOMESERVER_EVENT_BUILD_H

#include "homeserver/room/event.h"
#include "homeserver/room/event_hash.h"
#include "homeserver/store/rows.h"

struct signing_key;

struct event_parts {
	const struct room_version *version;
	struct str room_id; /* empty for the create event of a version whose room id is its hash */
	struct str sender;
	struct str type;
	struct str state_key; /* p == NULL: none */
	const struct json *content;
	struct str redacts; /* top level, where the version keeps it there; else empty */
	int64_t origin_server_ts;
	int64_t depth;
	struct str_list prev_events;
	struct str_list auth_events;
	/* Reference hashes of those, in the same order, where events are named with them
	 * (EVENT_ID_GIVEN). */
	struct str_list prev_hashes;
	struct str_list auth_hashes;
};

/* STATUS_INVALID when the content cannot be canonical JSON, STATUS_TOO_LARGE past
 * EVENT_MAX_BYTES. The event lives in the arena; its position is 0. */
MUST_CHECK enum status event_build(struct arena *arena, const struct signing_key *key,
	struct str server_name, const struct event_parts *parts, struct event **out);

/* An event from its stored or received text. STATUS_INVALID when a field that every event has is
 * missing or of another kind. `room_id` and `event_id` are known from elsewhere. */
MUST_CHECK enum status event_parse(struct arena *arena, const struct room_version *version,
	struct str room_id, struct str event_id, struct str json, struct event **out);

#endif
