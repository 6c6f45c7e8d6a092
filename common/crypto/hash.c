/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto/hash.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "common/base/mem.h"

/* OpenSSL's digests fail without memory or without its provider only: nothing can go on then. */
static void must(bool ok)
{
	if (!ok)
		abort();
}

static const unsigned char *bytes_of(struct str s)
{
	return (const unsigned char *)(s.p == NULL ? "" : s.p);
}

void sha256(struct str bytes, uint8_t out[SHA256_BYTES])
{
	must(SHA256(bytes_of(bytes), bytes.n, out) != NULL);
}

void hmac_sha256(struct str key, struct str bytes, uint8_t out[SHA256_BYTES])
{
	unsigned int n = SHA256_BYTES;

	must(key.n <= INT_MAX);
	must(HMAC(EVP_sha256(), bytes_of(key), (int)key.n, bytes_of(bytes), bytes.n, out, &n) !=
		NULL);
}

struct sha256_stream {
	EVP_MD_CTX *context;
};

struct sha256_stream *sha256_stream_new(void)
{
	struct sha256_stream *stream = MEM_NEW(struct sha256_stream);

	stream->context = EVP_MD_CTX_new();
	must(stream->context != NULL && EVP_DigestInit_ex(stream->context, EVP_sha256(), NULL));
	return stream;
}

void sha256_stream_add(struct sha256_stream *stream, struct str bytes)
{
	must(EVP_DigestUpdate(stream->context, bytes_of(bytes), bytes.n));
}

void sha256_stream_finish(struct sha256_stream **stream, uint8_t out[SHA256_BYTES])
{
	must(EVP_DigestFinal_ex((*stream)->context, out, NULL));
	EVP_MD_CTX_free((*stream)->context);
	free(*stream);
	*stream = NULL;
}
