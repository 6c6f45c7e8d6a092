/* SPDX-License-Identifier: Apache-2.0 */
/* RSA signatures with PKCS #1 v1.5 and SHA-256 (RFC 8017), verified over OpenSSL: for protocols
 * that bring keys of strangers, such as DKIM. */
#ifndef PARVIS_CRYPTO_RSA_H
#define PARVIS_CRYPTO_RSA_H

#include "common/base/str.h"

#define RSA_MIN_BITS 1024
#define RSA_MAX_BITS 4096

/* `key` is the DER of a SubjectPublicKeyInfo or of an RSAPublicKey. STATUS_DENIED: the signature
 * does not fit; STATUS_INVALID: this is no RSA key; STATUS_TOO_LARGE: it is not of RSA_MIN_BITS to
 * RSA_MAX_BITS, or its exponent is over 64 bits. */
MUST_CHECK enum status rsa_sha256_verify(struct str key, struct str message, struct str signature);

#endif
