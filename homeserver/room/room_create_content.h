/* SPDX-License-Identifier: Apache-2.0 */
/* Contents of a new room's first events, as JSON text in the arena. For room_create.c. */
#ifndef PARVIS_HOMESERVER_ROOM_CREATE_CONTENT_H
#define PARVIS_HOMESERVER_ROOM_CREATE_CONTENT_H

#include "homeserver/room/room_create.h"

/* creation_content with what the server decides in its place. STATUS_TOO_LARGE past the size of
 * an event; STATUS_INVALID when additional_creators is no list of user ids. */
MUST_CHECK enum status room_create_event_content(
	struct arena *arena, const struct room_creation *creation, struct str *json_out);
/* The default levels, under the overrides. */
MUST_CHECK enum status room_create_power_levels(
	struct arena *arena, const struct room_creation *creation, struct str *json_out);
/* {key: value} */
struct str room_create_string_content(struct arena *arena, const char *key, struct str value);
/* The topic in its old form and as m.topic. */
struct str room_create_topic_content(struct arena *arena, struct str topic);
struct str room_create_json_text(struct arena *arena, const struct json *value);

#endif
