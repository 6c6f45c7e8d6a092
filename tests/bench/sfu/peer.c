/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/sfu/peer.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "sfu/transport/demux.h"
#include "sfu/transport/stun.h"

#define CHECKS	       120 /* an address of a moment ago may be somebody else's for five seconds */
#define CHECK_WAIT_MS  100
#define SHAKE_US       10000000
#define SHAKE_WAIT_MS  50
#define DTLS_MTU_BYTES 1200
#define SOCKET_BYTES   (1 << 20)
#define PROFILES       "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"

struct peer_identity {
	SSL_CTX *context;
	uint8_t digest[32];
};

/* The other side's certificate is not looked at: this is no place for secrets. */
static int accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

struct peer_identity *peer_identity_new(void)
{
	struct peer_identity *identity = MEM_NEW(struct peer_identity);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	unsigned n = 0;
	bool good = key != NULL && x != NULL &&
		    X509_gmtime_adj(X509_getm_notBefore(x), -60) != NULL &&
		    X509_gmtime_adj(X509_getm_notAfter(x), 86400) != NULL &&
		    X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()) > 0 &&
		    X509_digest(x, EVP_sha256(), identity->digest, &n) == 1;
	identity->context = SSL_CTX_new(DTLS_client_method());
	good = good && identity->context != NULL &&
	       SSL_CTX_set_tlsext_use_srtp(identity->context, PROFILES) == 0 &&
	       SSL_CTX_use_certificate(identity->context, x) == 1 &&
	       SSL_CTX_use_PrivateKey(identity->context, key) == 1;
	if (identity->context != NULL) {
		SSL_CTX_set_verify(identity->context, SSL_VERIFY_PEER, accept_any);
	}
	X509_free(x);
	EVP_PKEY_free(key);
	if (!good) {
		peer_identity_free(&identity);
	}
	return identity;
}

void peer_identity_free(struct peer_identity **identity)
{
	if (*identity != NULL) {
		SSL_CTX_free((*identity)->context);
	}
	mem_freep(identity);
}

void peer_identity_fingerprint(const struct peer_identity *identity, char out[PEER_FINGERPRINT])
{
	for (size_t i = 0; i < sizeof(identity->digest); i++) {
		(void)snprintf(out + 3 * i, 4, i + 1 < sizeof(identity->digest) ? "%02X:" : "%02X",
			identity->digest[i]);
	}
}

enum status peer_open(struct peer *peer, const char *ip, uint16_t port)
{
	const int size = SOCKET_BYTES, yes = 1;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	*peer = (struct peer){.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
	if (peer->fd < 0 || inet_pton(AF_INET, ip, &to.sin_addr) != 1 ||
		connect(peer->fd, (const struct sockaddr *)&to, sizeof(to)) != 0 ||
		setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) != 0 ||
		setsockopt(peer->fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes)) != 0) {
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

void peer_check(struct peer *peer, int64_t now_us)
{
	uint8_t bytes[STUN_REQUEST_MAX], transaction[STUN_TRANSACTION_BYTES];
	char username[PEER_CREDENTIAL_MAX + sizeof(PEER_UFRAG)];
	(void)snprintf(username, sizeof(username), "%s:%s", peer->ufrag, PEER_UFRAG);
	secret_random(transaction, sizeof(transaction));
	struct stun_request request = {.transaction = transaction,
		.username = str_c(username),
		.password = str_c(peer->password),
		.priority = 1,
		.tie_breaker = 7,
		.use_candidate = true};
	(void)send(peer->fd, bytes, stun_write_request(&request, bytes), 0);
	peer->checked_us = now_us;
}

void peer_answer(struct peer *peer, const uint8_t *bytes, size_t n)
{
	uint8_t reply[STUN_REPLY_MAX];
	struct stun_message request;
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	struct address mapped;
	if (stun_parse(bytes, n, &request) != STATUS_OK || request.class != STUN_REQUEST ||
		getpeername(peer->fd, (struct sockaddr *)&from, &length) != 0) {
		return;
	}
	address_from_sockaddr((const struct sockaddr *)&from, &mapped);
	size_t size = stun_write_success(&request, &mapped, STR(PEER_PASSWORD), reply);
	(void)send(peer->fd, reply, size, 0);
}

static bool prove_path(struct peer *peer)
{
	uint8_t bytes[2048];
	for (int i = 0; i < CHECKS; i++) {
		struct pollfd wait = {.fd = peer->fd, .events = POLLIN};
		struct stun_message reply;
		peer_check(peer, clock_mono_us());
		while (poll(&wait, 1, CHECK_WAIT_MS) == 1) {
			ssize_t n = recv(peer->fd, bytes, sizeof(bytes), 0);
			if (n > 0 && stun_parse(bytes, (size_t)n, &reply) == STATUS_OK &&
				reply.class == STUN_SUCCESS) {
				return true;
			}
			if (n > 0) {
				peer_answer(peer, bytes, (size_t)n);
			}
		}
	}
	return false;
}

static enum status take_keys(struct peer *peer, SSL *ssl)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(ssl);
	uint8_t m[2 * SRTP_MASTER_MAX];
	size_t key, salt;
	struct srtp_keys keys = {0};
	if (profile == NULL) {
		return STATUS_DENIED;
	}
	keys.profile = peer->profile = (enum srtp_profile_id)profile->id;
	enum status status = srtp_key_sizes(keys.profile, &key, &salt);
	if (status != STATUS_OK || SSL_export_keying_material(ssl, m, 2 * (key + salt), label,
					   sizeof(label) - 1, NULL, 0, 0) != 1) {
		return STATUS_INVALID;
	}
	memcpy(keys.local, m, key);
	memcpy(keys.remote, m + key, key);
	memcpy(keys.local + key, m + 2 * key, salt);
	memcpy(keys.remote + key, m + 2 * key + salt, salt);
	return srtp_session_new(&keys, &peer->srtp);
}

/* What the handshake has to say; records of one flight may share a datagram. */
static void send_flight(const struct peer *peer, BIO *out)
{
	char *bytes;
	long n = BIO_get_mem_data(out, &bytes);
	if (n > 0) {
		(void)send(peer->fd, bytes, (size_t)n, 0);
	}
	(void)BIO_reset(out);
}

/* One turn: false once it is done, well or not. */
static bool shake(struct peer *peer, SSL *ssl, BIO *in, BIO *out)
{
	uint8_t bytes[2048];
	struct pollfd wait = {.fd = peer->fd, .events = POLLIN};
	int r = SSL_connect(ssl);
	send_flight(peer, out);
	if (r == 1 || SSL_get_error(ssl, r) != SSL_ERROR_WANT_READ) {
		return false;
	}
	if (poll(&wait, 1, SHAKE_WAIT_MS) != 1) {
		(void)DTLSv1_handle_timeout(ssl);
		send_flight(peer, out);
		return true;
	}
	ssize_t n = recv(peer->fd, bytes, sizeof(bytes), 0);
	if (n > 0 && demux(bytes, (size_t)n) == PACKET_DTLS) {
		(void)BIO_write(in, bytes, (int)n);
	} else if (n > 0) {
		peer_answer(peer, bytes, (size_t)n);
	}
	return true;
}

static enum status shake_hands(struct peer *peer, const struct peer_identity *identity)
{
	SSL *ssl = SSL_new(identity->context);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	if (ssl == NULL || in == NULL || out == NULL) {
		abort();
	}
	(void)BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(ssl, in, out);
	(void)SSL_set_options(ssl, SSL_OP_NO_QUERY_MTU);
	(void)SSL_set_mtu(ssl, DTLS_MTU_BYTES);
	int64_t end_us = clock_mono_us() + SHAKE_US;
	while (clock_mono_us() < end_us && shake(peer, ssl, in, out)) {
	}
	enum status status = SSL_is_init_finished(ssl) ? take_keys(peer, ssl) : STATUS_UNAVAILABLE;
	SSL_free(ssl);
	return status;
}

enum status peer_connect(struct peer *peer, const struct peer_identity *identity)
{
	if (!prove_path(peer)) {
		return STATUS_TIMEOUT;
	}
	return shake_hands(peer, identity);
}

void peer_fixed_keys(unsigned number, struct srtp_keys *out)
{
	*out = (struct srtp_keys){.profile = SRTP_PROFILE_AEAD_AES_128_GCM};
	for (unsigned i = 0; i < SRTP_MASTER_MAX; i++) {
		out->local[i] = (uint8_t)(number + i);
		out->remote[i] = (uint8_t)(number * 3 + i + 1);
	}
}

enum status peer_connect_fixed(struct peer *peer, unsigned number)
{
	struct srtp_keys keys;
	peer_fixed_keys(number, &keys);
	peer->profile = keys.profile;
	return srtp_session_new(&keys, &peer->srtp);
}

void peer_close(struct peer *peer)
{
	srtp_session_free(&peer->srtp);
	if (peer->fd >= 0) {
		close(peer->fd);
	}
	peer->fd = -1;
}
