/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's end of one peer connection, for load: ICE checks as the controlling side, DTLS as
 * the client, SRTP. Shares with the SFU only the code that writes STUN and calls libsrtp, so it
 * meets other servers just as well. A certificate serves all peers of a process.
 */
#ifndef PARVIS_BENCH_PEER_H
#define PARVIS_BENCH_PEER_H

#include <netinet/in.h>
#include <stdint.h>

#include "sfu/transport/srtp.h"

#define PEER_UFRAG	    "load"
#define PEER_PASSWORD	    "a-password-of-load-peers"
#define PEER_FINGERPRINT    96
#define PEER_CONSENT_US	    4000000
#define PEER_CREDENTIAL_MAX 256

struct peer_identity;

struct peer_identity *peer_identity_new(void); /* NULL: no */
void peer_identity_free(struct peer_identity **identity);
/* "AB:CD:...", SHA-256 */
void peer_identity_fingerprint(const struct peer_identity *identity, char out[PEER_FINGERPRINT]);

struct peer {
	int fd; /* connected to the server */
	char ufrag[PEER_CREDENTIAL_MAX], password[PEER_CREDENTIAL_MAX]; /* the server's */
	struct srtp_session *srtp;
	enum srtp_profile_id profile;
	int64_t checked_us;
};

MUST_CHECK enum status peer_open(struct peer *peer, const char *ip, uint16_t port);
/* Blocks. STATUS_TIMEOUT: no answer; STATUS_UNAVAILABLE: DTLS failed. */
MUST_CHECK enum status peer_connect(struct peer *peer, const struct peer_identity *identity);
/* Keys that both sides know, for a server without ICE and DTLS. `number`: of the peer. */
void peer_fixed_keys(unsigned number, struct srtp_keys *out);
MUST_CHECK enum status peer_connect_fixed(struct peer *peer, unsigned number);
/* Renews the consent, whose answer nobody waits for. */
void peer_check(struct peer *peer, int64_t now_us);
/* The server checks the path too, if it does: what else it sends is ignored. */
void peer_answer(struct peer *peer, const uint8_t *bytes, size_t n);
void peer_close(struct peer *peer);

#endif
