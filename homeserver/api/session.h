/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in and out: the device, its tokens, and what others must learn when a device goes.
 */
#ifndef PARVIS_HOMESERVER_SESSION_H
#define PARVIS_HOMESERVER_SESSION_H

#include "common/db/db_writer.h"
#include "homeserver/api/api.h"
#include "homeserver/store/token_store.h"

struct session {
	struct str user_id;
	struct str device_id;	 /* given or generated */
	struct str display_name; /* of a new device; p == NULL: none */
	struct str access_token;
	struct str refresh_token; /* p == NULL: the client does not refresh */
	int64_t expires_ts;	  /* of the access token; 0: never */
	int64_t expires_in_ms;
};

/* Fresh tokens, and a device id where none is given. `device_id` and `display_name` are as the
 * client sent them. STATUS_INVALID when the device id is too long or not printable. */
MUST_CHECK enum status session_prepare(struct arena *arena, struct str user_id,
	struct str device_id, struct str display_name, bool refreshes, int64_t now,
	struct session *out);
/* Makes the device or takes it up again: tokens it had before end. STATUS_INVALID when the id is
 * a cross-signing key of the user. */
MUST_CHECK enum status session_open(struct db_tx *tx, const struct session *session)
	REQUIRES(on_writer);
/* user_id, access_token, device_id ... as members of the object being written. */
void session_write(struct json_writer *w, const struct session *session, struct str server_name);

/* The device with its tokens, keys and waiting messages is gone and others are told.
 * STATUS_NOT_FOUND when there is none. */
MUST_CHECK enum status session_close_device(
	struct db_tx *tx, struct str user_id, struct str device_id) REQUIRES(on_writer);
/* All devices of the user but `except` (p == NULL: all). */
MUST_CHECK enum status session_close_devices(
	struct db_tx *tx, struct str user_id, struct str except) REQUIRES(on_writer);

/* A fresh token for one purpose that ends by itself (store/token_store.h). */
MUST_CHECK enum status session_short_token(struct http_request *request, enum token_purpose purpose,
	struct str user_id, int64_t lives_ms, struct str *token_out);

/* "camille" or "@camille:here" as a full id, lower-cased, in the arena. STATUS_INVALID when it is
 * no user id, STATUS_NOT_FOUND when it is of another server. */
MUST_CHECK enum status session_user_id(
	struct arena *arena, struct str server_name, struct str name, struct str *out);

#endif
