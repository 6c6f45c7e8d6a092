/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invites to an address instead of a user (client-server API, "Third-party invites"), on the
 * room's side: the event that holds the invite, and its exchange for an invite of the user whose
 * identity server says that the address is theirs.
 */
#ifndef PARVIS_HOMESERVER_THIRD_PARTY_INVITE_H
#define PARVIS_HOMESERVER_THIRD_PARTY_INVITE_H

#include "common/db/db_writer.h"
#include "homeserver/room/event.h"

/* What was asked for with `signed` in hand: the invite that it answers. STATUS_NOT_FOUND when the
 * room has none of that token. */
MUST_CHECK enum status third_party_invite_find(struct db *db, struct arena *arena,
	struct str room_id, const struct json *signed_object, struct event **out);

/* The key of the invite by which `signed` is signed, as it stands there, and the URL at which it
 * says whether it is valid (p == NULL: for ever). false when none fits. */
bool third_party_invite_key(const struct event *invite, const struct json *signed_object,
	struct str *public_key_out, struct str *validity_url_out);

/*
 * Invites the user in the name of who made the invite. STATUS_DENIED with a sentence when the room
 * has no such invite, when it was made on another server, or when the rules refuse (signature,
 * ban).
 */
MUST_CHECK enum status third_party_invite_exchange(struct db_tx *tx, struct str room_id,
	struct str user_id, const struct json *signed_object, const char **why_out)
	REQUIRES(on_writer);

#endif
