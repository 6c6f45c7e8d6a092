/* SPDX-License-Identifier: Apache-2.0 */
/* event_fields of a filter (client-server API, "Filtering"). */
#ifndef PARVIS_HOMESERVER_EVENT_FIELDS_H
#define PARVIS_HOMESERVER_EVENT_FIELDS_H

#include "common/json/json.h"
#include "common/json/json_writer.h"

/* Writes the members of the object that the array of dotted paths names: "sender", "content.body".
 * A dot inside a key is written "\." in a path. What every event has to have (event_id, type,
 * sender, origin_server_ts, state_key, content if only as {}) is written in any case. */
void event_fields_write(
	struct json_writer *w, const struct json *object, const struct json *fields);

#endif
