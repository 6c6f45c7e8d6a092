/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authorisation rules (specification, "Authorization rules" of each room version). Pure: an event
 * and the state it is judged by go in, a verdict comes out.
 */
#ifndef PARVIS_HOMESERVER_AUTH_H
#define PARVIS_HOMESERVER_AUTH_H

#include "homeserver/room/event.h"
#include "homeserver/room/room_version.h"

/* The part of a room's state that the rules look at. The create event is always in it, also where
 * the version does not cite it. */
struct auth_state {
	const struct event *const *events;
	size_t count;
};
const struct event *auth_state_find(
	const struct auth_state *state, const char *type, struct str state_key);

/* What an event cites as its auth events (server-server API, "Auth events selection"): the keys,
 * some of which may have no value. */
struct auth_key {
	const char *type;
	struct str state_key;
};
#define AUTH_KEYS_MAX 7

struct auth_subject {
	const struct room_version *version;
	struct str type;
	struct str sender;
	struct str state_key;
	const struct json *content;
};
size_t auth_keys(const struct auth_subject *subject, struct auth_key keys[AUTH_KEYS_MAX]);

/*
 * STATUS_OK, or STATUS_DENIED with a sentence in *why_out (a constant; may be NULL).
 *
 * That the event's signatures are valid was checked before; here `signatures` is only asked
 * whether the server that authorises a restricted join has signed. `state` without a create event
 * denies everything but a create event.
 */
MUST_CHECK enum status auth_check(
	const struct event *event, const struct auth_state *state, const char **why_out);

/* The rules about auth_events themselves: no duplicates, nothing that the selection would not
 * give, all of the same room, the create event where the version cites it. */
MUST_CHECK enum status auth_check_cited(const struct event *event, const struct event *const *cited,
	size_t count, const char **why_out);

#endif
