/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users who were deactivated with their messages erased (client-server API, POST
 * account/deactivate, "erase"): who came to the room later gets what they sent redacted, who could
 * read it before still can. What they set as the room's state stays the room's, but for their own
 * memberships, which name them.
 */
#ifndef PARVIS_HOMESERVER_ERASED_H
#define PARVIS_HOMESERVER_ERASED_H

#include "homeserver/room/event_format.h"

/* The event's content as the reader of the format gets it. */
MUST_CHECK enum status erased_content(const struct event *event, const struct event_format *format,
	const struct json **content_out);

#endif
