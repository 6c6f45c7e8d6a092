/* SPDX-License-Identifier: Apache-2.0 */
/* Which thread an event belongs to (client-server API, "Threading" and "Threaded read receipts").
 */
#ifndef PARVIS_HOMESERVER_EVENT_THREAD_H
#define PARVIS_HOMESERVER_EVENT_THREAD_H

#include "common/db/db.h"
#include "homeserver/room/event.h"

/* Relations followed before an event counts as the main timeline's. */
#define EVENT_THREAD_HOPS 3

/* The event id of the thread's root, or empty for the main timeline, to which roots belong. */
MUST_CHECK enum status event_thread(
	struct db *db, struct arena *arena, const struct event *event, struct str *root_out);

#endif
