/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a user ignores (client-server API, "Ignoring Users"): their "m.ignored_user_list". */
#ifndef PARVIS_HOMESERVER_IGNORED_USERS_H
#define PARVIS_HOMESERVER_IGNORED_USERS_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/db/db.h"
#include "homeserver/store/rows.h"

#define IGNORED_USERS_TYPE STR("m.ignored_user_list")

/* In no particular order, without the user; empty when the list is none. */
MUST_CHECK enum status ignored_users_load(
	struct db *db, struct arena *arena, struct str user_id, struct str_list *out);
bool ignored_users_have(const struct str_list *ignored, struct str user_id);

#endif
