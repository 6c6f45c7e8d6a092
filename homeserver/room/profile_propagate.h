/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile seen in rooms: member events carry a copy of the display name and the picture.
 */
#ifndef PARVIS_HOMESERVER_PROFILE_PROPAGATE_H
#define PARVIS_HOMESERVER_PROFILE_PROPAGATE_H

#include "common/db/db_writer.h"

/*
 * Sends a new member event into each room that the user is joined to, with the profile as it is
 * now in the store: call it in the same change, behind profile_set_displayname() and its like. A
 * room that refuses (a rule that was tightened) is left as it is.
 */
MUST_CHECK enum status profile_propagate(struct db_tx *tx, struct str user_id) REQUIRES(on_writer);

#endif
