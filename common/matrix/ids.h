/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matrix identifiers (specification, appendices, "Identifier Grammar"). All are at most 255
 * bytes with their sigil.
 */
#ifndef PARVIS_MATRIX_IDS_H
#define PARVIS_MATRIX_IDS_H

#include <stdbool.h>

#include "common/base/str.h"

#define MATRIX_ID_MAX 255

struct matrix_id {
	struct str localpart; /* between the sigil and the first ':' */
	struct str server;    /* behind it */
};

/* "@local:server". Historical user ids (any Unicode but ':' and NUL, even an empty localpart)
 * pass, as the specification demands of what is received; user_localpart_is_new() is for those we
 * create: [a-z0-9._=/+-], not empty. */
MUST_CHECK enum status user_id_parse(struct str id, struct matrix_id *out);
bool user_localpart_is_new(struct str localpart);
/* "#local:server". */
MUST_CHECK enum status room_alias_parse(struct str alias, struct matrix_id *out);
/* "!opaque" with or without ":server" (room version 12 has none): never take a server from it. */
bool room_id_ok(struct str id);
/* "$opaque", or "$opaque:server" in room versions 1 and 2. */
bool event_id_ok(struct str id);
/* Host name, IPv4, or [IPv6], with an optional port. */
bool server_name_ok(struct str name);
/* "mxc://server/media-id"; the media id is [A-Za-z0-9_-]+, hence safe in a path. */
MUST_CHECK enum status mxc_parse(struct str uri, struct str *server_out, struct str *media_out);

#endif
