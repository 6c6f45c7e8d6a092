/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519 signatures (RFC 8032), over OpenSSL. Keys are plain bytes. */
#ifndef PARVIS_CRYPTO_ED25519_H
#define PARVIS_CRYPTO_ED25519_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/str.h"

#define ED25519_SEED_BYTES	32
#define ED25519_PUBLIC_BYTES	32
#define ED25519_SIGNATURE_BYTES 64

struct ed25519_key; /* a private key ready to sign; usable from any thread at once */

MUST_CHECK enum status ed25519_key_new(
	const uint8_t seed[ED25519_SEED_BYTES], struct ed25519_key **out);
void ed25519_key_free(struct ed25519_key **key);
const uint8_t *ed25519_public(const struct ed25519_key *key);
void ed25519_sign(
	const struct ed25519_key *key, struct str message, uint8_t out[ED25519_SIGNATURE_BYTES]);
bool ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_BYTES], struct str message,
	const uint8_t signature[ED25519_SIGNATURE_BYTES]);

#endif
