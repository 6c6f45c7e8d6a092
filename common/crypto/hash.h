/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104), over OpenSSL. */
#ifndef PARVIS_CRYPTO_HASH_H
#define PARVIS_CRYPTO_HASH_H

#include <stdint.h>

#include "common/base/str.h"

#define SHA256_BYTES 32

void sha256(struct str bytes, uint8_t out[SHA256_BYTES]);
void hmac_sha256(struct str key, struct str bytes, uint8_t out[SHA256_BYTES]);

/* In pieces, for uploads that are not held in memory. */
struct sha256_stream;
struct sha256_stream *sha256_stream_new(void);
void sha256_stream_add(struct sha256_stream *stream, struct str bytes);
void sha256_stream_finish(struct sha256_stream **stream, uint8_t out[SHA256_BYTES]);

#endif
