/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648) in the variants that Matrix, JWT and mail use, and hexadecimal. */
#ifndef PARVIS_CRYPTO_BASE64_H
#define PARVIS_CRYPTO_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/str.h"

enum base64_variant {
	BASE64_UNPADDED,     /* Matrix "unpadded base64": + and / */
	BASE64_URL_UNPADDED, /* event ids, JWT: - and _ */
	BASE64_PADDED,	     /* mail, SASL */
};

struct str base64_encode(struct arena *arena, struct str bytes, enum base64_variant variant);
/* Accepts the variant's alphabet with or without padding; refuses everything else, white space
 * included. Bits left over behind the last byte must be zero, except in BASE64_UNPADDED: keys of
 * Matrix are met with others (the specification's own signing key is one). */
MUST_CHECK enum status base64_decode(
	struct arena *arena, struct str text, enum base64_variant variant, struct str *out);

struct str hex_encode(struct arena *arena, struct str bytes); /* lower case */
MUST_CHECK enum status hex_decode(struct arena *arena, struct str text, struct str *out);

#endif
