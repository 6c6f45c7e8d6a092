/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WebRTC peer as small as it can be, for tests: a UDP socket on loopback, ICE checks, an OpenSSL
 * DTLS client, SRTP. It shares with the SFU only the code that writes STUN and calls libsrtp.
 */
#ifndef PARVIS_TEST_SYNTHETIC_PEER_H
#define PARVIS_TEST_SYNTHETIC_PEER_H

#include "tests/unit/check.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/base/mem.h"
#include "sfu/transport/demux.h"
#include "sfu/transport/srtp.h"
#include "sfu/transport/stun.h"

#define SYNTHETIC_WAIT_MS 5000

struct synthetic_peer {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
	uint8_t fingerprint[32];
	struct srtp_session *srtp;
	enum srtp_profile_id profile;
};

static inline int synthetic_accept(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

/* A certificate of its own, so that the fingerprint is one of ours. */
static inline void synthetic_context(struct synthetic_peer *p, const char *profiles)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	unsigned n = 0;
	assert_non_null(key);
	assert_non_null(x);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(X509_digest(x, EVP_sha256(), p->fingerprint, &n), 1);
	p->context = SSL_CTX_new(DTLS_client_method());
	SSL_CTX_set_verify(p->context, SSL_VERIFY_PEER, synthetic_accept);
	assert_int_equal(SSL_CTX_set_tlsext_use_srtp(p->context, profiles), 0);
	assert_int_equal(SSL_CTX_use_certificate(p->context, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(p->context, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
}

static inline void synthetic_open(struct synthetic_peer *p, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	memset(p, 0, sizeof(*p));
	synthetic_context(p, "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80");
	p->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0) {
		abort();
	}
	assert_int_equal(connect(p->fd, (const struct sockaddr *)&to, sizeof(to)), 0);
}

static inline void synthetic_close(struct synthetic_peer *p)
{
	SSL_free(p->ssl);
	SSL_CTX_free(p->context);
	srtp_session_free(&p->srtp);
	close(p->fd);
}

/* One datagram, or 0 after `wait_ms` of silence. */
static inline size_t synthetic_receive(
	struct synthetic_peer *p, uint8_t *out, size_t room, int wait_ms)
{
	struct pollfd poll_fd = {.fd = p->fd, .events = POLLIN};
	if (poll(&poll_fd, 1, wait_ms) != 1) {
		return 0;
	}
	ssize_t n = recv(p->fd, out, room, 0);
	return n < 0 ? 0 : (size_t)n;
}

static inline void synthetic_send(struct synthetic_peer *p, const uint8_t *bytes, size_t n)
{
	assert_int_equal(send(p->fd, bytes, n, 0), (ssize_t)n);
}

/* A check with USE-CANDIDATE; true when it was answered with success. */
static inline bool synthetic_check(
	struct synthetic_peer *p, const char *ufrag, const char *pwd, int wait_ms)
{
	char username[80];
	uint8_t bytes[STUN_REQUEST_MAX], reply[2048];
	uint8_t transaction[STUN_TRANSACTION_BYTES] = "abcdefghijk";
	struct stun_message message;
	snprintf(username, sizeof(username), "%s:them", ufrag);
	struct stun_request request = {.transaction = transaction,
		.username = str_c(username),
		.password = str_c(pwd),
		.priority = 1,
		.tie_breaker = 7,
		.use_candidate = true};
	synthetic_send(p, bytes, stun_write_request(&request, bytes));
	size_t n;
	do { /* feedback may come first */
		n = synthetic_receive(p, reply, sizeof(reply), wait_ms);
	} while (n > 0 && demux(reply, n) != PACKET_STUN);
	return n > 0 && stun_parse(reply, n, &message) == STATUS_OK &&
	       message.class == STUN_SUCCESS && stun_authentic(&message, str_c(pwd));
}

static inline void synthetic_shake_hands(struct synthetic_peer *p)
{
	struct timeval second = {.tv_sec = 1};
	BIO *bio = BIO_new_dgram(p->fd, BIO_NOCLOSE);
	struct sockaddr_in to;
	socklen_t n = sizeof(to);
	assert_int_equal(getpeername(p->fd, (struct sockaddr *)&to, &n), 0);
	BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &to);
	BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_RECV_TIMEOUT, 0, &second);
	p->ssl = SSL_new(p->context);
	SSL_set_bio(p->ssl, bio, bio);
	int r = 0;
	for (int tries = 0; tries < 10 && (r = SSL_connect(p->ssl)) != 1; tries++) {
		(void)DTLSv1_handle_timeout(p->ssl);
	}
	assert_int_equal(r, 1);
}

static inline void synthetic_keys(struct synthetic_peer *p)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(p->ssl);
	uint8_t m[2 * SRTP_MASTER_MAX];
	size_t key, salt;
	assert_non_null(profile);
	struct srtp_keys keys = {.profile = (enum srtp_profile_id)profile->id};
	p->profile = keys.profile;
	check_ok(srtp_key_sizes(keys.profile, &key, &salt));
	assert_int_equal(SSL_export_keying_material(
				 p->ssl, m, 2 * (key + salt), label, sizeof(label) - 1, NULL, 0, 0),
		1);
	memcpy(keys.local, m, key);
	memcpy(keys.remote, m + key, key);
	memcpy(keys.local + key, m + 2 * key, salt);
	memcpy(keys.remote + key, m + 2 * key + salt, salt);
	check_ok(srtp_session_new(&keys, &p->srtp));
}

static inline void synthetic_connect(struct synthetic_peer *p, const char *ufrag, const char *pwd)
{
	assert_true(synthetic_check(p, ufrag, pwd, SYNTHETIC_WAIT_MS));
	synthetic_shake_hands(p);
	synthetic_keys(p);
}

/* The next RTP (or RTCP) packet, opened; 0 when none comes in time. Others are skipped. */
static inline size_t synthetic_media(
	struct synthetic_peer *p, enum packet_kind kind, uint8_t *out, size_t room, int wait_ms)
{
	size_t n;
	while ((n = synthetic_receive(p, out, room, wait_ms)) > 0) {
		if (demux(out, n) != kind) {
			continue;
		}
		check_ok(kind == PACKET_RTP ? srtp_open(p->srtp, out, &n)
					    : srtcp_open(p->srtp, out, &n));
		return n;
	}
	return 0;
}

#endif
