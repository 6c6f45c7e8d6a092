/* SPDX-License-Identifier: Apache-2.0 */
/* What the chapters that send events ask: is this one to be sent later (MSC4140)? */
#ifndef PARVIS_HOMESERVER_API_DELAYED_EVENTS_H
#define PARVIS_HOMESERVER_API_DELAYED_EVENTS_H

#include "homeserver/api/api.h"
#include "homeserver/room/room_send.h"

/* true: the request's org.matrix.msc4140.delay asks for it; the draft has been scheduled, or the
 * request refused, and the reply is filled. */
bool delayed_events_take(
	struct http_request *request, struct http_reply *reply, const struct event_draft *draft);

#endif
