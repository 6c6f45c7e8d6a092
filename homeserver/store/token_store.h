/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access tokens, refresh tokens (specification, "Refreshing access tokens"), and tokens of short
 * use. The database knows their SHA-256 only: whoever reads it cannot sign in with what he finds.
 */
#ifndef PARVIS_HOMESERVER_TOKEN_STORE_H
#define PARVIS_HOMESERVER_TOKEN_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

/* Who a token speaks for. */
struct token_owner {
	struct str user_id;
	struct str device_id;
	int64_t expires_ts;	/* milliseconds; 0: never */
	int64_t device_seen_ts; /* when the device was last marked as seen */
	struct str device_seen_ip;
	bool is_admin;
	bool is_guest, locked, suspended; /* as in struct account */
	bool first_use;			  /* an older refresh token dies now: token_used() */
};

/* STATUS_NOT_FOUND when unknown. An expired token is found: `expires_ts` tells. */
MUST_CHECK enum status token_find_access(
	struct db *db, struct arena *arena, struct str token, struct token_owner *out);
MUST_CHECK enum status token_find_refresh(
	struct db *db, struct arena *arena, struct str token, struct token_owner *out);

/* A pair handed out together; refresh.p == NULL: an access token alone. */
struct token_pair {
	struct str user_id;
	struct str device_id;
	struct str access;
	struct str refresh;
	int64_t expires_ts;  /* of the access token; 0: never */
	struct str replaces; /* the refresh token given for this pair; p == NULL: none */
};

MUST_CHECK enum status token_add_pair(struct db_tx *tx, const struct token_pair *pair)
	REQUIRES(on_writer);
/* The access token has been used: the refresh token that led to it, and the access token of that
 * one, are revoked. */
MUST_CHECK enum status token_used(struct db_tx *tx, struct str access_token) REQUIRES(on_writer);
/* The same for a refresh token that is used in its turn. */
MUST_CHECK enum status token_refresh_used(struct db_tx *tx, struct str refresh_token)
	REQUIRES(on_writer);
MUST_CHECK enum status token_drop_device(struct db_tx *tx, struct str user_id, struct str device_id)
	REQUIRES(on_writer);

enum token_purpose { TOKEN_LOGIN, TOKEN_OPENID };

MUST_CHECK enum status token_add_short(struct db_tx *tx, enum token_purpose purpose,
	struct str token, struct str user_id, int64_t expires_ts, int64_t now) REQUIRES(on_writer);
/* The user of a token that has not expired; STATUS_NOT_FOUND otherwise. */
MUST_CHECK enum status token_find_short(struct db *db, struct arena *arena,
	enum token_purpose purpose, struct str token, int64_t now, struct str *user_id_out);
/* The same, and the token is gone: it was good for one use. */
MUST_CHECK enum status token_take_short(struct db_tx *tx, enum token_purpose purpose,
	struct str token, int64_t now, struct str *user_id_out) REQUIRES(on_writer);

#endif
