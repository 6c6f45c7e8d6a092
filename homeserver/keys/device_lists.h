/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who must learn that a user's devices or keys changed (specification, "Tracking the device list
 * for a user"): everybody who shares a room with them, and they themselves.
 */
#ifndef PARVIS_HOMESERVER_DEVICE_LISTS_H
#define PARVIS_HOMESERVER_DEVICE_LISTS_H

#include "homeserver/store/key_store.h"

/*
 * For sync and GET keys/changes: what happened in (after, upto].
 * changed: users who share a room with `user_id` now and changed their keys, or began to share one.
 * left: users who share none any longer.
 */
struct device_lists {
	struct str_list changed;
	struct str_list left;
};
MUST_CHECK enum status device_lists_between(struct db *db, struct arena *arena, struct str user_id,
	int64_t after, int64_t upto, struct device_lists *out);

/* The user's devices, their names or keys changed: a position is taken, all whom it concerns are
 * touched. */
MUST_CHECK enum status device_lists_mark(struct db_tx *tx, struct str user_id) REQUIRES(on_writer);
/* signer_id signed a key of user_id: only the signer's own devices are told. */
MUST_CHECK enum status device_lists_mark_signed(
	struct db_tx *tx, struct str signer_id, struct str user_id) REQUIRES(on_writer);

/*
 * To be called by whoever deletes a device (logout, DELETE devices) or deactivates a user, in the
 * same change: keys, waiting to-device messages, pushers go, and others are told.
 */
MUST_CHECK enum status device_lists_device_deleted(
	struct db_tx *tx, struct str user_id, struct str device_id) REQUIRES(on_writer);
MUST_CHECK enum status device_lists_user_deactivated(struct db_tx *tx, struct str user_id)
	REQUIRES(on_writer);
/* The device got another display name, which keys/query shows. */
MUST_CHECK enum status device_lists_device_renamed(
	struct db_tx *tx, struct str user_id, struct str device_id) REQUIRES(on_writer);

#endif
