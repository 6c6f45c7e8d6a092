/* SPDX-License-Identifier: Apache-2.0 */
/* Aggregations of child events (client-server API): unsigned.m.relations. For event_format.c. */
#ifndef PARVIS_HOMESERVER_EVENT_BUNDLE_H
#define PARVIS_HOMESERVER_EVENT_BUNDLE_H

#include "homeserver/room/event_format.h"

/* Writes the member "m.relations" when there is something to tell: the newest edit, the thread,
 * the references. */
MUST_CHECK enum status event_bundle_write(
	struct json_writer *w, const struct event *event, const struct event_format *format);

#endif
