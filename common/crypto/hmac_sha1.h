/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA-1 (RFC 2104), over OpenSSL: for protocols that have fixed it for ever, such as STUN's
 * MESSAGE-INTEGRITY. Nothing new is built on it.
 */
#ifndef PARVIS_CRYPTO_HMAC_SHA1_H
#define PARVIS_CRYPTO_HMAC_SHA1_H

#include <stdint.h>

#include "common/base/str.h"

#define HMAC_SHA1_BYTES 20

void hmac_sha1(struct str key, struct str bytes, uint8_t out[HMAC_SHA1_BYTES]);

#endif
