/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events that an event names in prev_events and auth_events: plain ids, or in the oldest room
 * versions pairs of an id and the hashes of the event named (server-server API, "PDUs").
 */
#ifndef PARVIS_HOMESERVER_EVENT_REFS_H
#define PARVIS_HOMESERVER_EVENT_REFS_H

#include "common/json/json.h"
#include "homeserver/room/event.h"

#define EVENT_MAX_PREV 20
#define EVENT_MAX_AUTH 10

static inline const struct json *event_prev(const struct event *event)
{
	return json_get(event->pdu, "prev_events");
}

static inline const struct json *event_auth(const struct event *event)
{
	return json_get(event->pdu, "auth_events");
}

/* The event id of the index-th reference of event_prev() or event_auth(); p == NULL when there is
 * none that can be read. */
struct str event_ref(const struct event *event, const struct json *refs, size_t index);

#endif
