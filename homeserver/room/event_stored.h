/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a stored event for what a client is told of it. Three quarters of a PDU are hashes,
 * signatures and references that no client sees: only the content is parsed, the rest is skipped.
 */
#ifndef PARVIS_HOMESERVER_EVENT_STORED_H
#define PARVIS_HOMESERVER_EVENT_STORED_H

#include "homeserver/room/event.h"

/*
 * As event_parse(), for the canonical text of an event that was parsed whole before it was stored.
 * `pdu` is NULL, `content_text` is set; strings point into the text. Text of another form is
 * parsed whole instead.
 */
MUST_CHECK enum status event_stored_read(struct arena *arena, const struct room_version *version,
	struct str room_id, struct str event_id, struct str text, struct event **out);

#endif
