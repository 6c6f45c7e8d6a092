/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto/rsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define KEY_MAX_BYTES	  2048
#define EXPONENT_MAX_BITS 64

static EVP_PKEY *read_key(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	EVP_PKEY *key = NULL;
	if (der.n == 0 || der.n > KEY_MAX_BYTES)
		return NULL;
	key = d2i_PUBKEY(NULL, &p, (long)der.n);
	if (key == NULL) {
		p = (const unsigned char *)der.p;
		key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.n);
	}
	if (key != NULL && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

/* A stranger's key must not cost more than it has to. */
static bool size_ok(EVP_PKEY *key)
{
	BIGNUM *exponent = NULL;
	int bits = EVP_PKEY_get_bits(key);
	bool ok = bits >= RSA_MIN_BITS && bits <= RSA_MAX_BITS &&
		  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
		  BN_num_bits(exponent) <= EXPONENT_MAX_BITS;
	BN_free(exponent);
	return ok;
}

enum status rsa_sha256_verify(struct str key_der, struct str message, struct str signature)
{
	enum status status = STATUS_INVALID;
	EVP_PKEY *key = read_key(key_der);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (context == NULL)
		abort();
	if (key != NULL)
		status = size_ok(key) ? STATUS_DENIED : STATUS_TOO_LARGE;
	if (status == STATUS_DENIED &&
		EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestVerify(context, (const unsigned char *)signature.p, signature.n,
			(const unsigned char *)(message.p == NULL ? "" : message.p),
			message.n) == 1)
		status = STATUS_OK;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	/* A bad signature leaves a text in this thread's queue, where it would be found later. */
	ERR_clear_error();
	return status;
}
