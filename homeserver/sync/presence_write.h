/* SPDX-License-Identifier: Apache-2.0 */
/* Presence as JSON. */
#ifndef PARVIS_HOMESERVER_PRESENCE_WRITE_H
#define PARVIS_HOMESERVER_PRESENCE_WRITE_H

#include "common/json/json_writer.h"
#include "homeserver/sync/presence.h"

/* The members of the content, into an object under way. */
void presence_write_content(
	struct json_writer *w, const struct presence_view *view, int64_t wall_ms);
/* An m.presence event. */
void presence_write_event(struct json_writer *w, const struct presence_view *view, int64_t wall_ms);

#endif
