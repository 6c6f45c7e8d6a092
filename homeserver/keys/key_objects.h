/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON objects of end-to-end encryption: their shapes, the signatures on them (specification,
 * "Key algorithms", "Cross-signing"; appendices, "Signing JSON") and how they are told to others.
 */
#ifndef PARVIS_HOMESERVER_KEY_OBJECTS_H
#define PARVIS_HOMESERVER_KEY_OBJECTS_H

#include <stdbool.h>

#include "common/base/arena.h"
#include "common/json/json_writer.h"
#include "homeserver/store/key_store.h"

struct json;

#define KEY_NAME_MAX 255 /* "algorithm:id", an id, an algorithm */

/* Splits "algorithm:id"; false when either part is missing or the whole is too long. */
bool key_name_split(struct str name, struct str *algorithm_out, struct str *id_out);

/* NULL when the object is a device's identity keys, else a sentence that says what is wrong. */
const char *key_device_fault(const struct json *keys, struct str user_id, struct str device_id);
/* NULL when `value` can be a one-time or fallback key of that name. */
const char *key_one_time_fault(struct str name, const struct json *value);
/* NULL when the object is a cross-signing key of the user for that usage; *public_key_out is what
 * stands behind "ed25519:". */
const char *key_cross_signing_fault(
	const struct json *key, struct str user_id, struct str usage, struct str *public_key_out);

/* The device's Ed25519 public key, base64; {NULL, 0} when it has none. */
struct str key_device_ed25519(const struct json *keys, struct str device_id);

/* Canonical text without "unsigned", as the store keeps it. STATUS_INVALID when the object cannot
 * be written canonically. */
MUST_CHECK enum status key_text(struct arena *arena, const struct json *key, struct str *out);
/* Whether two objects are equal but for "signatures" and "unsigned". */
bool key_same(const struct json *a, const struct json *b);

/* The signature that stands in the object for signer and "ed25519:key"; {NULL, 0} when none. */
struct str key_signature_find(const struct json *object, struct str signer_id, struct str key);
/* Whether the signature (base64) was made by that Ed25519 key (base64) over the object. */
bool key_signature_ok(struct arena *arena, const struct json *object, struct str public_key,
	struct str signature);

/* The stored object with the added signatures that are on the key named `key`, and with the
 * device's display name (p == NULL: none) under "unsigned". */
MUST_CHECK enum status key_write(struct arena *arena, struct json_writer *w, struct str json,
	struct str key, const struct key_signature_list *added, struct str display_name);

#endif
