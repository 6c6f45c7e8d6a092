/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the authorisation rules share. For auth*.c only. */
#ifndef PARVIS_HOMESERVER_AUTH_RULES_H
#define PARVIS_HOMESERVER_AUTH_RULES_H

#include "common/json/json.h"
#include "homeserver/room/auth.h"
#include "homeserver/room/power.h"
#include "homeserver/store/membership_store.h"

struct auth {
	const struct event *event;
	const struct auth_state *state;
	const struct event *create;
	const struct event *power_levels; /* NULL: none yet */
	struct power power;
	const char *why;
};

/* For `return auth_deny(auth, "...")`. */
static inline enum status auth_deny(struct auth *auth, const char *why)
{
	auth->why = why;
	return STATUS_DENIED;
}

/* MEMBERSHIP_NONE when there is no member event. */
enum membership auth_membership(const struct auth *auth, struct str user_id);
static inline int64_t auth_level(const struct auth *auth, struct str user_id)
{
	return power_of_user(&auth->power, user_id);
}

MUST_CHECK enum status auth_member(struct auth *auth);
MUST_CHECK enum status auth_third_party_invite(struct auth *auth, const struct json *invite);
MUST_CHECK enum status auth_power_levels(struct auth *auth);

#endif
