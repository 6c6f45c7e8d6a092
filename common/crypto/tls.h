/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of TLS over a socket that is connected already, over OpenSSL: version 1.2 at
 * least, certificate and name always verified. The socket is non-blocking and stays the caller's;
 * no call waits: what cannot go on says for what to wait. One thread at a time.
 */
#ifndef PARVIS_CRYPTO_TLS_H
#define PARVIS_CRYPTO_TLS_H

#include <stddef.h>

#include "common/base/status.h"
#include "common/base/str.h"

struct tls;

#define TLS_WHY_MAX 200

enum tls_result {
	TLS_DONE,
	TLS_WANT_READ,	/* wait until the socket can be read, then call again */
	TLS_WANT_WRITE, /* wait until it can be written */
	TLS_CLOSED,	/* the peer has said goodbye */
	TLS_FAILED,	/* tls_why() says why */
};

/* `host` is what the certificate must be for: a name or an address. `ca_file` holds the
 * certificates to trust in PEM; empty: those of the system. STATUS_INVALID when it cannot be read. */
MUST_CHECK enum status tls_new(int fd, const char *host, const char *ca_file, struct tls **out);
/* Says goodbye without waiting. */
void tls_free(struct tls **tls);

MUST_CHECK enum tls_result tls_handshake(struct tls *tls);
/* TLS_DONE with *n_out bytes, one at least. */
MUST_CHECK enum tls_result tls_read(struct tls *tls, char *into, size_t size, size_t *n_out);
/* TLS_DONE with *n_out bytes taken, one at least. After a wait, call with the same bytes. */
MUST_CHECK enum tls_result tls_write(struct tls *tls, struct str bytes, size_t *n_out);
/* One line of English. */
const char *tls_why(const struct tls *tls);

#endif
