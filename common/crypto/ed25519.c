/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "common/base/mem.h"

struct ed25519_key {
	EVP_PKEY *key;
	uint8_t public_key[ED25519_PUBLIC_BYTES];
};

static const unsigned char *bytes_of(struct str s)
{
	return (const unsigned char *)(s.p == NULL ? "" : s.p);
}

enum status ed25519_key_new(const uint8_t seed[ED25519_SEED_BYTES], struct ed25519_key **out)
{
	struct ed25519_key *key = MEM_NEW(struct ed25519_key);
	size_t n = sizeof(key->public_key);

	key->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_BYTES);
	if (key->key == NULL || EVP_PKEY_get_raw_public_key(key->key, key->public_key, &n) != 1) {
		ERR_clear_error();
		ed25519_key_free(&key);
		return STATUS_INTERNAL;
	}
	*out = key;
	return STATUS_OK;
}

void ed25519_key_free(struct ed25519_key **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->key);
	free(*key);
	*key = NULL;
}

const uint8_t *ed25519_public(const struct ed25519_key *key)
{
	return key->public_key;
}

void ed25519_sign(
	const struct ed25519_key *key, struct str message, uint8_t out[ED25519_SIGNATURE_BYTES])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t n = ED25519_SIGNATURE_BYTES;

	/* With a good key only a lack of memory fails. */
	if (context == NULL || EVP_DigestSignInit(context, NULL, NULL, NULL, key->key) != 1 ||
		EVP_DigestSign(context, out, &n, bytes_of(message), message.n) != 1)
		abort();
	EVP_MD_CTX_free(context);
}

bool ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_BYTES], struct str message,
	const uint8_t signature[ED25519_SIGNATURE_BYTES])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(
		EVP_PKEY_ED25519, NULL, public_key, ED25519_PUBLIC_BYTES);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good;

	if (context == NULL)
		abort();
	good = key != NULL && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
	       EVP_DigestVerify(context, signature, ED25519_SIGNATURE_BYTES, bytes_of(message),
		       message.n) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	/* A bad signature leaves a text in this thread's queue, where it would be found later. */
	ERR_clear_error();
	return good;
}
