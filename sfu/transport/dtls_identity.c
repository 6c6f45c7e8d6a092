/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "sfu/transport/dtls_internal.h"

#define CERTIFICATE_DAYS 3650L
#define DAY_SECONDS	 86400L

/* In our order of preference: AES-GCM is several times cheaper than AES-CM with HMAC-SHA1. */
static const char srtp_profiles[] =
	"SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";
static const char cipher_suites[] =
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305";

/* Any certificate: its fingerprint is compared when the handshake is done. */
static int accept_certificate(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static bool fill_certificate(X509 *x, EVP_PKEY *key)
{
	uint64_t serial;
	secret_random(&serial, sizeof(serial));
	X509_NAME *name = X509_get_subject_name(x);
	return X509_set_version(x, X509_VERSION_3) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -DAY_SECONDS) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(x), CERTIFICATE_DAYS * DAY_SECONDS) != NULL &&
	       X509_NAME_add_entry_by_txt(
		       name, "CN", MBSTRING_ASC, (const unsigned char *)"parvis", -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1 &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

static bool write_fingerprint(const X509 *x, char out[DTLS_FINGERPRINT_TEXT_MAX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	if (X509_digest(x, EVP_sha256(), digest, &n) != 1 || n != 32) {
		return false;
	}
	for (unsigned i = 0; i < n; i++) {
		snprintf(out + (size_t)i * 3, 4, i + 1 < n ? "%02X:" : "%02X", digest[i]);
	}
	return true;
}

static bool configure(SSL_CTX *c, X509 *x, EVP_PKEY *key)
{
	SSL_CTX_set_verify(
		c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_certificate);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(c, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
				       SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_read_ahead(c, 1);
	/* This one of OpenSSL's functions says 0 for success. */
	return SSL_CTX_set_tlsext_use_srtp(c, srtp_profiles) == 0 &&
	       SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(c, cipher_suites) == 1 &&
	       SSL_CTX_use_certificate(c, x) == 1 && SSL_CTX_use_PrivateKey(c, key) == 1;
}

enum status dtls_identity_new(struct dtls_identity **out)
{
	struct dtls_identity *identity = MEM_NEW(struct dtls_identity);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	identity->context = SSL_CTX_new(DTLS_server_method());
	identity->datagram_bio = dtls_bio_method();
	bool ok = key != NULL && x != NULL && identity->context != NULL &&
		  identity->datagram_bio != NULL && fill_certificate(x, key) &&
		  write_fingerprint(x, identity->fingerprint) &&
		  configure(identity->context, x, key);
	X509_free(x);
	EVP_PKEY_free(key);
	if (!ok) {
		dtls_identity_free(&identity);
		return STATUS_INTERNAL;
	}
	*out = identity;
	return STATUS_OK;
}

void dtls_identity_free(struct dtls_identity **identity)
{
	if (*identity != NULL) {
		SSL_CTX_free((*identity)->context);
		BIO_meth_free((*identity)->datagram_bio);
	}
	mem_freep(identity);
}

const char *dtls_identity_fingerprint(const struct dtls_identity *identity)
{
	return identity->fingerprint;
}
