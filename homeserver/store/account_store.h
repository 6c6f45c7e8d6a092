/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts of this server. A user id is always the full one, in the form in which it was created
 * (lower case). What is returned lives in the arena.
 */
#ifndef PARVIS_HOMESERVER_ACCOUNT_STORE_H
#define PARVIS_HOMESERVER_ACCOUNT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"

struct account {
	struct str user_id;
	struct str password;	  /* Argon2id, encoded; p == NULL: none */
	struct str appservice_id; /* p == NULL: an ordinary user */
	int64_t created_ts;
	bool is_admin;
	bool deactivated;
	bool is_guest;	/* made without a password, by kind=guest */
	bool locked;	/* by an administrator: may do nothing but sign out */
	bool suspended; /* by an administrator: may read, not write */
};

/* STATUS_NOT_FOUND when there never was such a user. Deactivated ones are found. */
MUST_CHECK enum status account_find(
	struct db *db, struct arena *arena, struct str user_id, struct account *out);
/* STATUS_OK when the user exists and is not deactivated, else STATUS_NOT_FOUND. */
MUST_CHECK enum status account_exists(struct db *db, struct str user_id);

/* STATUS_EXISTS when the name is or was taken. The displayname starts as the localpart. */
MUST_CHECK enum status account_create(struct db_tx *tx, const struct account *account)
	REQUIRES(on_writer);
MUST_CHECK enum status account_set_password(
	struct db_tx *tx, struct str user_id, struct str encoded) REQUIRES(on_writer);
/* A guest who registered is a user like others. STATUS_NOT_FOUND when they are no guest. */
MUST_CHECK enum status account_upgrade_guest(
	struct db_tx *tx, struct str user_id, struct str encoded) REQUIRES(on_writer);
MUST_CHECK enum status account_set_locked(struct db_tx *tx, struct str user_id, bool locked)
	REQUIRES(on_writer);
MUST_CHECK enum status account_set_suspended(struct db_tx *tx, struct str user_id, bool suspended)
	REQUIRES(on_writer);
/* Password, profile, devices' rows, tokens, account data and filters are gone; the name stays
 * taken. Rooms and keys are the caller's matter. */
MUST_CHECK enum status account_deactivate(struct db_tx *tx, struct str user_id) REQUIRES(on_writer);
/* A deactivated user's messages are erased for those who come to their rooms behind the position. */
MUST_CHECK enum status account_erase(struct db_tx *tx, struct str user_id, int64_t position)
	REQUIRES(on_writer);
/* STATUS_NOT_FOUND for a user whose messages are not erased. */
MUST_CHECK enum status account_erased_at(struct db *db, struct str user_id, int64_t *position_out);
/* Whether there is any such user: mostly there is none, and nobody need be looked up. */
MUST_CHECK enum status account_any_erased(struct db *db, bool *out);

#endif
