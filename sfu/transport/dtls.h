/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DTLS 1.2 server with the use_srtp extension (RFC 5764, RFC 7714), over OpenSSL's memory BIOs.
 * The only owner of openssl/ssl.h in the SFU.
 */
#ifndef PARVIS_SFU_DTLS_H
#define PARVIS_SFU_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"

#define DTLS_FINGERPRINT_TEXT_MAX 96 /* "AB:CD:...", 32 bytes, NUL included */

/* Our key and certificate: ECDSA P-256, self-signed, made at start. Constant, any thread. */
struct dtls_identity;

MUST_CHECK enum status dtls_identity_new(struct dtls_identity **out);
void dtls_identity_free(struct dtls_identity **identity);
/* SHA-256 of the certificate as a=fingerprint writes it, without the "sha-256 ". */
const char *dtls_identity_fingerprint(const struct dtls_identity *identity);

#endif
