/* SPDX-License-Identifier: Apache-2.0 */
/* Events that the bridge sends, and finds again. Statuses as in matrix/client.h. */
#ifndef PARVIS_BRIDGE_MATRIX_EVENTS_H
#define PARVIS_BRIDGE_MATRIX_EVENTS_H

#include "bridge-mail/matrix/matrix.h"
#include "bridge-mail/room_port.h"

#define EVENTS_LOOK_BACK 200 /* newest events of a room that events_find() looks at */

/* As the ghost, or the bot when there is no user_id. An annotation that is there already counts as
 * sent; its event id is then empty. */
MUST_CHECK enum status events_send(const struct matrix_session *session,
	const struct room_send_request *request, struct arena *arena, struct str *event_id_out);
/* As room_port.find. Only events of users of ours count. */
MUST_CHECK enum status events_find(const struct matrix_session *session, struct str room_id,
	struct str txn_id, struct arena *arena, struct str *event_id_out);
/* The same in a room where the bot may not be: asked as that ghost, unless `as` is empty. */
MUST_CHECK enum status events_find_as(const struct matrix_session *session, struct str room_id,
	struct str as, struct str txn_id, struct arena *arena, struct str *event_id_out);

#endif
