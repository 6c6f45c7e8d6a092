/* SPDX-License-Identifier: Apache-2.0 */
/* Where guests may be (client-server API, "Guest Access"). */
#ifndef PARVIS_HOMESERVER_GUEST_ACCESS_H
#define PARVIS_HOMESERVER_GUEST_ACCESS_H

#include <stdbool.h>

#include "common/db/db_writer.h"

/* STATUS_DENIED when the user is a guest and the room's state does not let guests join. */
MUST_CHECK enum status guest_access_check(
	struct db *db, struct arena *arena, struct str room_id, struct str user_id);
/* The room's m.room.guest_access changed: guests leave when it does not let them be there. */
MUST_CHECK enum status guest_access_enforce(struct db_tx *tx, struct str room_id)
	REQUIRES(on_writer);

#endif
