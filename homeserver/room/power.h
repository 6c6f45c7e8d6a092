/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power levels: the content of m.room.power_levels with the defaults of the specification, and
 * the creators of rooms in which those have all power.
 */
#ifndef PARVIS_HOMESERVER_POWER_H
#define PARVIS_HOMESERVER_POWER_H

#include <stdint.h>

#include "common/db/db.h"
#include "homeserver/room/event.h"

/* Above every level that an event can hold. */
#define POWER_INFINITE INT64_MAX

struct power {
	const struct room_version *version;
	const struct event *create; /* NULL only when there is no room yet */
	const struct json *content; /* of m.room.power_levels; NULL when there is none */
};

/* Of the current state. STATUS_NOT_FOUND when the room is unknown. */
MUST_CHECK enum status power_load(
	struct db *db, struct arena *arena, struct str room_id, struct power *out);
/* From events; either may be NULL. */
struct power power_of(const struct room_version *version, const struct event *create,
	const struct event *power_levels);

int64_t power_of_user(const struct power *power, struct str user_id);
/* Needed to send an event of the type. */
int64_t power_to_send(const struct power *power, struct str type, bool is_state);
/* key: "ban", "kick", "redact", "invite". */
int64_t power_to(const struct power *power, const char *key);
/* key of `notifications`: "room". Default 50. */
int64_t power_to_notify(const struct power *power, struct str key);
/* Whether the user is the creator or, where the version knows them, an additional one. */
bool power_is_creator(const struct power *power, struct str user_id);

/* An integer, or in old versions digits in a string or a fraction, which is cut; false for anything
 * else. */
bool power_level_read(
	const struct room_version *version, const struct json *value, int64_t *level_out);

#endif
