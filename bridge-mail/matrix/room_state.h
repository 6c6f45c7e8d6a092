/* SPDX-License-Identifier: Apache-2.0 */
/* State of rooms and memberships, as the bot or, with `as`, as a ghost that is in the room.
 * Statuses as in matrix/client.h. */
#ifndef PARVIS_BRIDGE_MATRIX_ROOM_STATE_H
#define PARVIS_BRIDGE_MATRIX_ROOM_STATE_H

#include "bridge-mail/matrix/matrix.h"
#include "common/json/json.h"

struct room_as {
	struct str room_id;
	struct str as; /* empty: the bot */
};

/* `content` is JSON text of an object. */
MUST_CHECK enum status room_state_put(const struct matrix_session *session,
	const struct room_as *room, struct str type, struct str state_key, struct str content);
/* The content of the event; STATUS_NOT_FOUND when there is none. Lives in the arena. */
MUST_CHECK enum status room_state_get(const struct matrix_session *session,
	const struct room_as *room, const char *type, struct str state_key, struct arena *arena,
	const struct json **content_out);
/* Whether the user has joined; *name_out (may be NULL) gets the display name there, or the
 * localpart. Not to be asked is not to have joined. */
MUST_CHECK enum status room_member(const struct matrix_session *session, const struct room_as *room,
	struct str user_id, struct arena *arena, bool *joined_out, struct str *name_out);
/* m.room.name, else the canonical alias, else empty. */
MUST_CHECK enum status room_name_get(const struct matrix_session *session,
	const struct room_as *room, struct arena *arena, struct str *name_out);
/* STATUS_NOT_FOUND: the alias is nobody's. */
MUST_CHECK enum status room_by_alias(const struct matrix_session *session, struct str alias,
	struct arena *arena, struct str *room_id_out);

/* Fine when that is so already. */
MUST_CHECK enum status room_join(const struct matrix_session *session, const struct room_as *room);
MUST_CHECK enum status room_leave(
	const struct matrix_session *session, const struct room_as *room, struct str reason);
/* STATUS_DENIED when `as` may not invite, or the user is in the room. */
MUST_CHECK enum status room_invite(
	const struct matrix_session *session, const struct room_as *room, struct str user_id);

#endif
