/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's signing key. The file holds one line, "ed25519 a_xxxx <unpadded base64 of the
 * seed>", the form that other Matrix servers use, so that a key can be moved here.
 */
#ifndef PARVIS_HOMESERVER_SIGNING_H
#define PARVIS_HOMESERVER_SIGNING_H

#include "common/base/arena.h"
#include "common/base/str.h"

struct signing_key;

/* Reads `path`, or makes it (mode 0600) with a fresh key when it is not there. STATUS_INVALID when
 * the file is something else: never overwritten. */
MUST_CHECK enum status signing_key_load(const char *path, struct signing_key **out);
void signing_key_free(struct signing_key **key);

/* "ed25519:a_xxxx" */
struct str signing_key_id(const struct signing_key *key);
/* Unpadded base64 of the public key. */
struct str signing_public_key(const struct signing_key *key);
/* Unpadded base64 of the signature, in the arena. Any thread. */
struct str signing_sign(const struct signing_key *key, struct arena *arena, struct str bytes);

#endif
