/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event as another server may send it: its form is looked at here (server-server API, "PDUs" and
 * "Checks performed on receipt of a PDU", 1; client-server API, "Size limits"). Signatures, content
 * hash and authorisation come after.
 */
#ifndef PARVIS_HOMESERVER_EVENT_READ_H
#define PARVIS_HOMESERVER_EVENT_READ_H

#include "homeserver/room/event.h"

/*
 * The event, canonical again and with the id that it has; its room id is worked out where it has
 * none. STATUS_INVALID with a sentence in *why_out (a constant; may be NULL) when it is not an event
 * of the version, STATUS_TOO_LARGE past 65,536 bytes, or past 255 in an id, type or key, or with
 * more than 20 previous or 10 auth events. `text` may be anything.
 */
MUST_CHECK enum status event_read(struct arena *arena, const struct room_version *version,
	struct str text, struct event **out, const char **why_out);

#endif
