/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-1 (FIPS 180-4), over OpenSSL: for what an old protocol has fixed for ever, where it orders or
 * names things and protects nothing. Nothing new is built on it.
 */
#ifndef PARVIS_CRYPTO_SHA1_H
#define PARVIS_CRYPTO_SHA1_H

#include <stdint.h>

#include "common/base/str.h"

#define SHA1_BYTES 20

void sha1(struct str bytes, uint8_t out[SHA1_BYTES]);

#endif
