/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes of events (server-server API, "Signing Events"). */
#ifndef PARVIS_HOMESERVER_EVENT_HASH_H
#define PARVIS_HOMESERVER_EVENT_HASH_H

#include "common/base/arena.h"
#include "common/json/json.h"
#include "homeserver/room/room_version.h"

/* The event as a PDU is at most this many bytes of canonical JSON. */
#define EVENT_MAX_BYTES 65536u

/* Unpadded base64 of the hash over everything but unsigned, signatures and hashes. STATUS_INVALID
 * when the event cannot be canonical, STATUS_TOO_LARGE past EVENT_MAX_BYTES. */
MUST_CHECK enum status event_content_hash(struct arena *arena, const struct room_version *version,
	const struct json *pdu, struct str *out);
/* Unpadded base64 of the hash over the pruned event; it stays the same when the event is redacted. */
MUST_CHECK enum status event_reference_hash(struct arena *arena, const struct room_version *version,
	const struct json *pdu, struct str *out);
/* The id that an event has: what it says itself where servers give ids, else "$" and the reference
 * hash. STATUS_INVALID when an event that must name its id does not. */
MUST_CHECK enum status event_id_compute(struct arena *arena, const struct room_version *version,
	const struct json *pdu, struct str *out);
/* "$" and the reference hash, when the pruned text is there already. */
struct str event_id_of_pruned(
	struct arena *arena, const struct room_version *version, struct str pruned);
/* Whether `hashes` of the event tells its content hash. */
bool event_content_hash_matches(
	struct arena *arena, const struct room_version *version, const struct json *pdu);

#endif
