/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mail addresses as Matrix names (specification, appendices, "Mapping from other character
 * sets"): jean.dupont@orange.example is @mail_jean.dupont=40orange.example:server. An address too
 * long for a user id gives @mail_=<hash>:server, which has no way back but the bridge's rows.
 */
#ifndef PARVIS_BRIDGE_GHOST_ID_H
#define PARVIS_BRIDGE_GHOST_ID_H

#include "common/base/arena.h"

#define GHOST_PREFIX   "mail_"
#define GHOST_NAME_MAX 200 /* bytes of a display name */

/* Addresses are compared without case. */
struct str ghost_address_key(struct arena *arena, struct str address);
/* The localpart of the ghost, and of the alias of a mailbox's space. The address in any case; the
 * whole has room in an id of that server. */
struct str ghost_localpart(struct arena *arena, struct str address, struct str server_name);
struct str ghost_user_id(struct arena *arena, struct str address, struct str server_name);
/* Whether a user id is a ghost's, by its form. */
bool ghost_is_user(struct str user_id, struct str server_name);
/* The way back. STATUS_NOT_FOUND: not a ghost's, or one with a hash. */
MUST_CHECK enum status ghost_address(
	struct arena *arena, struct str user_id, struct str server_name, struct str *address_out);

/* "Jean Dupont (courriel)"; without a name the address stands for it. Control characters and those
 * that turn the direction of writing are left out: a name must not pass for another. */
struct str ghost_display_name(struct arena *arena, struct str name, struct str address);

#endif
