/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PARVIS_HOMESERVER_USER_DIRECTORY_STORE_H
#define PARVIS_HOMESERVER_USER_DIRECTORY_STORE_H

#include <stdbool.h>

#include "common/db/db.h"

/* Whether `other` must be shown to `user_id` by the user directory: they share a room, or `other`
 * is joined to a room that anybody may join or read (specification, "User Directory"). */
MUST_CHECK enum status user_directory_shows(
	struct db *db, struct str user_id, struct str other, bool *out);

#endif
