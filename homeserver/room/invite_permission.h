/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a user wants to be invited (client-server API, "Invite permission"; MSC4380). */
#ifndef PARVIS_HOMESERVER_INVITE_PERMISSION_H
#define PARVIS_HOMESERVER_INVITE_PERMISSION_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/db/db.h"

MUST_CHECK enum status invite_permission_blocks(
	struct db *db, struct arena *arena, struct str user_id, bool *out);

#endif
