/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of end-to-end encryption: device keys, one-time and fallback keys, cross-signing keys and
 * the signatures on them, and when each user's device list last changed. Texts of keys are
 * canonical JSON. What is returned lives in the arena.
 */
#ifndef PARVIS_HOMESERVER_KEY_STORE_H
#define PARVIS_HOMESERVER_KEY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/db/db_writer.h"
#include "homeserver/store/rows.h"

/* --- device keys ---------------------------------------------------------------------------- */

struct device_keys {
	struct str device_id;
	struct str json;
	struct str display_name; /* of the device; p == NULL: none */
};

struct device_keys_list {
	struct device_keys *items;
	size_t count;
};

/* STATUS_NOT_FOUND when the device has not uploaded any. */
MUST_CHECK enum status key_store_device_keys(struct db *db, struct arena *arena, struct str user_id,
	struct str device_id, struct device_keys *out);
/* Of all devices of the user that have keys, by device id. */
MUST_CHECK enum status key_store_device_keys_all(
	struct db *db, struct arena *arena, struct str user_id, struct device_keys_list *out);
MUST_CHECK enum status key_store_device_keys_put(struct db_tx *tx, struct str user_id,
	struct str device_id, struct str json) REQUIRES(on_writer);

/* --- one-time and fallback keys ------------------------------------------------------------- */

struct one_time_key {
	struct str algorithm;
	struct str key_id;
	struct str json;
};

struct key_count {
	struct str algorithm;
	int64_t count;
};

struct key_counts {
	struct key_count *items;
	size_t count;
};

/* For sync: unclaimed one-time keys by algorithm. Algorithms without any are not listed, but
 * signed_curve25519 always is: clients upload when they read 0. */
MUST_CHECK enum status key_store_one_time_counts(struct db *db, struct arena *arena,
	struct str user_id, struct str device_id, struct key_counts *out);
/* For sync: algorithms whose fallback key has not been given out. */
MUST_CHECK enum status key_store_unused_fallbacks(struct db *db, struct arena *arena,
	struct str user_id, struct str device_id, struct str_list *out);

/* The same key again changes nothing, also when it was claimed in between. STATUS_CONFLICT when
 * an unclaimed key of that id and other content is there. */
MUST_CHECK enum status key_store_one_time_key_add(struct db_tx *tx, struct str user_id,
	struct str device_id, const struct one_time_key *key) REQUIRES(on_writer);
/* Replaces the algorithm's; unused again unless it is the same key. */
MUST_CHECK enum status key_store_fallback_put(struct db_tx *tx, struct str user_id,
	struct str device_id, const struct one_time_key *key) REQUIRES(on_writer);
/* The oldest one-time key of that algorithm, never to be given again, or else the fallback key,
 * marked as used. STATUS_NOT_FOUND when there is neither. */
MUST_CHECK enum status key_store_claim(struct db_tx *tx, struct str user_id, struct str device_id,
	struct str algorithm, struct one_time_key *out) REQUIRES(on_writer);
/* Device keys of another identity came: the old one-time and fallback keys are worth nothing. */
MUST_CHECK enum status key_store_one_time_keys_clear(
	struct db_tx *tx, struct str user_id, struct str device_id) REQUIRES(on_writer);

/* --- cross-signing -------------------------------------------------------------------------- */

#define KEY_USAGE_MASTER       STR("master")
#define KEY_USAGE_SELF_SIGNING STR("self_signing")
#define KEY_USAGE_USER_SIGNING STR("user_signing")

struct cross_signing_key {
	struct str usage;
	struct str public_key; /* unpadded base64 */
	struct str json;
};

/* STATUS_NOT_FOUND when the user has none of that usage. */
MUST_CHECK enum status key_store_cross_signing_key(struct db *db, struct arena *arena,
	struct str user_id, struct str usage, struct cross_signing_key *out);
/* Whether the text is a cross-signing key of the user: no device may have that id. */
MUST_CHECK enum status key_store_is_cross_signing_key(
	struct db *db, struct str user_id, struct str public_key, bool *out);
/* Replaces the usage's key; the signatures on the key before it, and by it, go. */
MUST_CHECK enum status key_store_cross_signing_put(struct db_tx *tx, struct str user_id,
	const struct cross_signing_key *key) REQUIRES(on_writer);
/* Fine when there is none. */
MUST_CHECK enum status key_store_cross_signing_delete(
	struct db_tx *tx, struct str user_id, struct str usage) REQUIRES(on_writer);

struct key_signature {
	struct str key; /* what is signed: a device id or a public key */
	struct str signer_id;
	struct str signer_key; /* what stands behind "ed25519:" */
	struct str signature;  /* unpadded base64 */
};

struct key_signature_list {
	struct key_signature *items;
	size_t count;
};

/* Signatures added to a user's keys by that user or by `viewer_id`: what the viewer may see. */
MUST_CHECK enum status key_store_signatures(struct db *db, struct arena *arena, struct str user_id,
	struct str viewer_id, struct key_signature_list *out);
MUST_CHECK enum status key_store_signature_put(struct db_tx *tx, struct str user_id,
	const struct key_signature *signature) REQUIRES(on_writer);

/* --- device lists: rows that keys/device_lists.h puts together ------------------------------- */

/* The user's devices or cross-signing keys changed at the position. */
MUST_CHECK enum status device_list_store_mark(
	struct db_tx *tx, struct str user_id, int64_t position) REQUIRES(on_writer);
/* signer_id put a signature on a key of user_id, which only signer_id may see. */
MUST_CHECK enum status device_list_store_mark_signed(struct db_tx *tx, struct str signer_id,
	struct str user_id, int64_t position) REQUIRES(on_writer);

/* All users whose keys changed in (after, upto]. */
MUST_CHECK enum status device_list_store_changes(
	struct db *db, struct arena *arena, int64_t after, int64_t upto, struct str_list *out);
/* Users whom `signer_id` signed in (after, upto]. */
MUST_CHECK enum status device_list_store_signed(struct db *db, struct arena *arena,
	struct str signer_id, int64_t after, int64_t upto, struct str_list *out);
/* Members of rooms in which the user is joined, when they or the user joined after the position.
 * May name somebody twice. */
MUST_CHECK enum status device_list_store_joined(struct db *db, struct arena *arena,
	struct str user_id, int64_t after, struct str_list *out);
/* Members of rooms which they or the user left after the position. May name somebody twice, and
 * users with whom another room is still shared. */
MUST_CHECK enum status device_list_store_parted(struct db *db, struct arena *arena,
	struct str user_id, int64_t after, struct str_list *out);

/* --- ends ----------------------------------------------------------------------------------- */

/* All rows of the device, to-device messages included. *had_keys_out: others knew its keys. */
MUST_CHECK enum status key_store_device_delete(struct db_tx *tx, struct str user_id,
	struct str device_id, bool *had_keys_out) REQUIRES(on_writer);
/* All rows of the user, backups included. */
MUST_CHECK enum status key_store_user_delete(struct db_tx *tx, struct str user_id)
	REQUIRES(on_writer);

#endif
