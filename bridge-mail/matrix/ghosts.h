/* SPDX-License-Identifier: Apache-2.0 */
/* Ghosts on the server: registered, named, in their rooms. Statuses as in matrix/client.h, and
 * STATUS_IO. */
#ifndef PARVIS_BRIDGE_MATRIX_GHOSTS_H
#define PARVIS_BRIDGE_MATRIX_GHOSTS_H

#include "bridge-mail/matrix/matrix.h"

/* The bridge's own user, with its display name. */
MUST_CHECK enum status ghosts_register_bot(const struct matrix_session *session);
/* Registered, and named when `name` is not empty or nothing was set yet. */
MUST_CHECK enum status ghosts_ensure(const struct matrix_session *session, struct str address,
	struct str name, struct arena *arena, struct str *user_id_out);
/* Invited by the bot and joined. Fine when it is in the room. With `again` it is not believed that
 * it has been. */
MUST_CHECK enum status ghosts_join(
	const struct matrix_session *session, struct str room_id, struct str user_id, bool again);

#endif
