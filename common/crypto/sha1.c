/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto/sha1.h"

#include <openssl/evp.h>
#include <stdlib.h>

void sha1(struct str bytes, uint8_t out[SHA1_BYTES])
{
	unsigned n = 0;

	/* Fails without memory or without its provider only: nothing can go on then. */
	if (EVP_Digest(bytes.p == NULL ? "" : bytes.p, bytes.n, out, &n, EVP_sha1(), NULL) != 1 ||
		n != SHA1_BYTES)
		abort();
}
