/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto/hmac_sha1.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

void hmac_sha1(struct str key, struct str bytes, uint8_t out[HMAC_SHA1_BYTES])
{
	/* A NULL key would mean "the key of the last time" to OpenSSL. */
	const char *key_bytes = key.p == NULL ? "" : key.p;
	unsigned n = 0;
	if (key.n > INT_MAX ||
		HMAC(EVP_sha1(), key_bytes, (int)key.n, (const unsigned char *)bytes.p, bytes.n,
			out, &n) == NULL ||
		n != HMAC_SHA1_BYTES) {
		abort();
	}
}
