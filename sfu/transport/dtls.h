/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DTLS 1.2 server (RFC 6347) with the use_srtp extension (RFC 5764, RFC 7714), datagram in,
 * datagrams out. Together with dtls_identity.c the only owner of openssl/ssl.h in the SFU.
 *
 * No cookie exchange: datagrams are given to us only from addresses that ICE has proven. The
 * peer's certificate is whatever it made; what counts is its fingerprint from the signalling
 * (RFC 8122), checked before anything is said to be connected.
 *
 * The retransmission clock is OpenSSL's own; dtls_timer() says when to call dtls_tick().
 */
#ifndef PARVIS_SFU_DTLS_H
#define PARVIS_SFU_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "sfu/transport/srtp.h"

#define DTLS_FINGERPRINT_TEXT_MAX 96 /* "AB:CD:...", 32 bytes, NUL included */
#define DTLS_MTU		  1200

/* Our key and certificate: ECDSA P-256, self-signed, made at start. Constant, any thread. */
struct dtls_identity;

MUST_CHECK enum status dtls_identity_new(struct dtls_identity **out);
void dtls_identity_free(struct dtls_identity **identity);
/* SHA-256 of the certificate as a=fingerprint writes it, without the "sha-256 ". */
const char *dtls_identity_fingerprint(const struct dtls_identity *identity);

enum dtls_state {
	DTLS_HANDSHAKE,
	DTLS_UNVERIFIED, /* shaken hands, but the fingerprint to compare with is not known yet */
	DTLS_CONNECTED,
	DTLS_FAILED, /* for good */
	DTLS_CLOSED, /* the peer said close_notify */
};

struct dtls_events {
	void *context;
	void (*send)(void *context, const uint8_t *datagram, size_t n);
	/* Application data (SCTP), only once connected; ours to change during the call. */
	void (*receive)(void *context, uint8_t *data, size_t n);
};

struct dtls;

struct dtls *dtls_new(const struct dtls_identity *identity, const struct dtls_events *events);
void dtls_free(struct dtls **dtls);

/* size: 32, 48 or 64 (SHA-256, -384, -512). A second, different one fails the session: a
 * certificate never changes within one. */
void dtls_set_fingerprint(struct dtls *dtls, const uint8_t *fingerprint, size_t size);

/* Each may send; each may change dtls_state(). */
void dtls_handle(struct dtls *dtls, uint8_t *datagram, size_t n);
void dtls_tick(struct dtls *dtls);
void dtls_close(struct dtls *dtls); /* says close_notify when connected */
/* At most DTLS_DATA_MAX bytes in one record. */
#define DTLS_DATA_MAX 1150
MUST_CHECK enum status dtls_send(struct dtls *dtls, const uint8_t *data, size_t n);

enum dtls_state dtls_state(const struct dtls *dtls);
/* Milliseconds until dtls_tick() is due, or -1. */
int64_t dtls_timer(struct dtls *dtls);
/* Once connected; STATUS_DENIED when the peer took none of our SRTP profiles. */
MUST_CHECK enum status dtls_srtp_keys(struct dtls *dtls, struct srtp_keys *out);

#endif
