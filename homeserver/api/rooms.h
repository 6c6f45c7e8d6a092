/* SPDX-License-Identifier: Apache-2.0 */
/* What the room chapters share. */
#ifndef PARVIS_HOMESERVER_API_ROOMS_H
#define PARVIS_HOMESERVER_API_ROOMS_H

#include "homeserver/api/api.h"
#include "homeserver/room/event_format.h"
#include "homeserver/room/room_send.h"
#include "homeserver/room/visibility.h"

/* The reply for a status of the room engine, with its sentence when there is one. */
enum http_outcome rooms_error(struct http_reply *reply, enum status status, const char *why);

/* Who reads a room, how far, and how events are written for them. */
struct rooms_view {
	struct str room_id;
	struct visibility *visibility;
	int64_t state_at; /* position up to which the state may be read */
	struct event_format format;
};
/* false: the reply is 403, because the user is not and never was in the room. */
bool rooms_view(struct http_request *request, struct http_reply *reply, struct str room_id,
	struct rooms_view *out);

/* A room id as it is, an alias looked up; application services are asked for aliases of theirs.
 * false: the reply is filled (400 or 404). */
bool rooms_resolve(struct http_request *request, struct http_reply *reply, struct str id_or_alias,
	struct str *room_id_out);

/* Whether the user is one whom a room here can have: known to this server or to an application
 * service of it. false: the reply is filled. */
bool rooms_user_reachable(
	struct http_request *request, struct http_reply *reply, struct str user_id);

/* Whether the user lets themselves be invited. false: the reply is 403 M_INVITE_BLOCKED. */
bool rooms_invite_permitted(
	struct http_request *request, struct http_reply *reply, struct str user_id);

/* room_send() from a handler: *event_id_out lives in the request's arena. */
struct rooms_sending {
	struct event_draft draft;
	struct str event_id;
	const char *why;
	struct arena *arena; /* filled by rooms_send() */
};
MUST_CHECK enum status rooms_send(struct http_request *request, struct rooms_sending *sending);
/* The requester as sender, with the device and time of the request. */
struct event_draft rooms_draft(struct http_request *request, struct str room_id, struct str type);

/* The number of a query parameter, between 1 and max; `fallback` when it is absent. false: the
 * reply is filled. */
bool rooms_limit(struct http_request *request, struct http_reply *reply, int64_t fallback,
	int64_t max, int64_t *out);

#endif
