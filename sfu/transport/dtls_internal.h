/* SPDX-License-Identifier: Apache-2.0 */
/* What dtls.c and dtls_identity.c share. */
#ifndef PARVIS_SFU_DTLS_INTERNAL_H
#define PARVIS_SFU_DTLS_INTERNAL_H

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include "sfu/transport/dtls.h"

struct dtls_identity {
	SSL_CTX *context;
	BIO_METHOD *datagram_bio; /* its data is the struct dtls */
	char fingerprint[DTLS_FINGERPRINT_TEXT_MAX];
};

/* A BIO that keeps the borders of datagrams, which OpenSSL's memory BIO does not. */
BIO_METHOD *dtls_bio_method(void);

#endif
