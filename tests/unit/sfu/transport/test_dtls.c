/* SPDX-License-Identifier: Apache-2.0 */
/* Against an OpenSSL client, datagram by datagram. */
#include "tests/unit/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/base/mem.h"
#include "sfu/transport/dtls.h"
#include "tests/unit/sfu/noise.h"

#define ALPN_BYTES 1500 /* as long as a post-quantum key share: no ClientHello fits one datagram */

struct scene {
	struct dtls_identity *identity;
	struct dtls *server;
	SSL_CTX *context;
	SSL *client;
	int ours, theirs; /* a pair of sockets that keeps the borders of datagrams */
	uint8_t fingerprint[EVP_MAX_MD_SIZE];
	char received[100];
	size_t received_size, longest;
	unsigned from_client, from_server, drop_from_server;
};

static void on_send(void *context, const uint8_t *datagram, size_t n)
{
	struct scene *s = context;
	s->longest = n > s->longest ? n : s->longest;
	s->from_server++;
	if (s->drop_from_server > 0) {
		s->drop_from_server--;
		return;
	}
	assert_int_equal(send(s->ours, datagram, n, MSG_DONTWAIT), (ssize_t)n);
}

static void on_receive(void *context, uint8_t *data, size_t n)
{
	struct scene *s = context;
	assert_true(n <= sizeof(s->received));
	memcpy(s->received, data, n);
	s->received_size = n;
}

static int accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1;
}

static void make_client(struct scene *s, const char *profiles, bool certificate)
{
	s->context = SSL_CTX_new(DTLS_client_method());
	SSL_CTX_set_verify(s->context, SSL_VERIFY_PEER, accept_any);
	SSL_CTX_set_options(s->context, SSL_OP_NO_QUERY_MTU);
	if (profiles != NULL) {
		assert_int_equal(SSL_CTX_set_tlsext_use_srtp(s->context, profiles), 0);
	}
	if (certificate) {
		EVP_PKEY *key = EVP_EC_gen("P-256");
		X509 *x = X509_new();
		unsigned n;
		X509_gmtime_adj(X509_getm_notBefore(x), 0);
		X509_gmtime_adj(X509_getm_notAfter(x), 3600);
		X509_set_pubkey(x, key);
		X509_sign(x, key, EVP_sha256());
		X509_digest(x, EVP_sha256(), s->fingerprint, &n);
		SSL_CTX_use_certificate(s->context, x);
		SSL_CTX_use_PrivateKey(s->context, key);
		X509_free(x);
		EVP_PKEY_free(key);
	}
	s->client = SSL_new(s->context);
	SSL_set_mtu(s->client, 1200);
	BIO *bio = BIO_new_socket(s->theirs, BIO_NOCLOSE);
	SSL_set_bio(s->client, bio, bio);
	SSL_set_connect_state(s->client);
}

static int setup(void **state)
{
	struct scene *s = MEM_NEW(struct scene);
	int pair[2];
	check_ok(dtls_identity_new(&s->identity));
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	s->ours = pair[0];
	s->theirs = pair[1];
	struct dtls_events events = {.context = s, .send = on_send, .receive = on_receive};
	s->server = dtls_new(s->identity, &events);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	dtls_free(&s->server);
	dtls_identity_free(&s->identity);
	SSL_free(s->client);
	SSL_CTX_free(s->context);
	close(s->ours);
	close(s->theirs);
	mem_freep(&s);
	return 0;
}

/* Gives the server what the client has sent. */
static void pump(struct scene *s)
{
	uint8_t datagram[2048];
	ssize_t n;
	while ((n = recv(s->ours, datagram, sizeof(datagram), MSG_DONTWAIT)) > 0) {
		s->from_client++;
		dtls_handle(s->server, datagram, (size_t)n);
	}
}

static bool shake_hands(struct scene *s)
{
	bool done = false;
	for (int i = 0; i < 20 && !done; i++) {
		done = SSL_do_handshake(s->client) == 1;
		pump(s);
	}
	return done;
}

static void the_handshake_gives_keys_and_carries_data(void **state)
{
	struct scene *s = *state;
	struct srtp_keys keys;
	make_client(s, "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM", true);
	dtls_set_fingerprint(s->server, s->fingerprint, 32);
	assert_true(shake_hands(s));
	assert_int_equal(dtls_state(s->server), DTLS_CONNECTED);
	assert_true(s->longest <= DTLS_MTU);
	check_ok(dtls_srtp_keys(s->server, &keys));
	/* Ours to choose: GCM, although the client would rather not. */
	assert_int_equal(keys.profile, SRTP_PROFILE_AEAD_AES_128_GCM);
	uint8_t material[56];
	assert_int_equal(SSL_export_keying_material(s->client, material, sizeof(material),
				 "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
		1);
	assert_memory_equal(keys.remote, material, 16);
	assert_memory_equal(keys.local, material + 16, 16);
	assert_memory_equal(keys.remote + 16, material + 32, 12);
	assert_memory_equal(keys.local + 16, material + 44, 12);
	assert_int_equal(SSL_write(s->client, "chunk", 5), 5);
	pump(s);
	assert_int_equal(s->received_size, 5);
	assert_memory_equal(s->received, "chunk", 5);
	check_ok(dtls_send(s->server, (const uint8_t *)"back", 4));
	char back[10];
	assert_int_equal(SSL_read(s->client, back, sizeof(back)), 4);
	/* Both ends say goodbye. */
	SSL_shutdown(s->client);
	pump(s);
	assert_int_equal(dtls_state(s->server), DTLS_CLOSED);
}

static void a_client_hello_in_several_datagrams(void **state)
{
	struct scene *s = *state;
	make_client(s, "SRTP_AEAD_AES_128_GCM", true);
	uint8_t protocols[ALPN_BYTES];
	memset(protocols, 'x', sizeof(protocols));
	for (size_t i = 0; i < sizeof(protocols); i += 100) {
		protocols[i] = 99;
	}
	assert_int_equal(SSL_set_alpn_protos(s->client, protocols, sizeof(protocols)), 0);
	dtls_set_fingerprint(s->server, s->fingerprint, 32);
	assert_int_equal(SSL_do_handshake(s->client), -1);
	pump(s);
	assert_true(s->from_client >= 2);
	assert_true(s->from_server > 0);
	assert_true(shake_hands(s));
	assert_int_equal(dtls_state(s->server), DTLS_CONNECTED);
}

static void a_lost_flight_is_sent_again(void **state)
{
	struct scene *s = *state;
	make_client(s, "SRTP_AEAD_AES_128_GCM", true);
	dtls_set_fingerprint(s->server, s->fingerprint, 32);
	s->drop_from_server = 100;
	assert_int_equal(SSL_do_handshake(s->client), -1);
	pump(s);
	unsigned first = s->from_server;
	assert_true(first > 0);
	s->drop_from_server = 0;
	assert_true(dtls_timer(s->server) > 0);
	/* OpenSSL's clock is its own, so this one test has to let it run. */
	while (dtls_timer(s->server) > 0) {
		usleep((unsigned)dtls_timer(s->server) * 1000);
	}
	dtls_tick(s->server);
	assert_true(s->from_server > first);
	assert_true(shake_hands(s));
	assert_int_equal(dtls_timer(s->server), -1);
}

static void another_certificate_fails(void **state)
{
	struct scene *s = *state;
	uint8_t other[32] = {1, 2, 3};
	struct srtp_keys keys;
	make_client(s, "SRTP_AEAD_AES_128_GCM", true);
	dtls_set_fingerprint(s->server, other, sizeof(other));
	(void)shake_hands(s);
	assert_int_equal(dtls_state(s->server), DTLS_FAILED);
	assert_int_not_equal(dtls_srtp_keys(s->server, &keys), STATUS_OK);
}

static void no_certificate_fails(void **state)
{
	struct scene *s = *state;
	make_client(s, "SRTP_AEAD_AES_128_GCM", false);
	dtls_set_fingerprint(s->server, s->fingerprint, 32);
	(void)shake_hands(s);
	assert_int_equal(dtls_state(s->server), DTLS_FAILED);
}

static void the_fingerprint_may_come_later(void **state)
{
	struct scene *s = *state;
	struct srtp_keys keys;
	make_client(s, "SRTP_AEAD_AES_256_GCM", true);
	assert_true(shake_hands(s));
	assert_int_equal(dtls_state(s->server), DTLS_UNVERIFIED);
	assert_int_equal(SSL_write(s->client, "early", 5), 5);
	pump(s);
	assert_int_equal(s->received_size, 0);
	assert_int_not_equal(dtls_srtp_keys(s->server, &keys), STATUS_OK);
	dtls_set_fingerprint(s->server, s->fingerprint, 32);
	assert_int_equal(dtls_state(s->server), DTLS_CONNECTED);
	check_ok(dtls_srtp_keys(s->server, &keys));
	assert_int_equal(keys.profile, SRTP_PROFILE_AEAD_AES_256_GCM);
	/* Another fingerprint within one session is an attack or a mistake. */
	uint8_t other[32] = {9};
	dtls_set_fingerprint(s->server, other, sizeof(other));
	assert_int_equal(dtls_state(s->server), DTLS_FAILED);
}

static void without_srtp_there_are_no_keys(void **state)
{
	struct scene *s = *state;
	struct srtp_keys keys;
	make_client(s, NULL, true);
	dtls_set_fingerprint(s->server, s->fingerprint, 32);
	assert_true(shake_hands(s));
	check_status(dtls_srtp_keys(s->server, &keys), STATUS_DENIED);
}

static void noise_does_no_harm(void **state)
{
	struct scene *s = *state;
	uint8_t noise[1500];
	make_client(s, "SRTP_AEAD_AES_128_GCM", true);
	dtls_set_fingerprint(s->server, s->fingerprint, 32);
	uint32_t random = 3;
	for (int i = 0; i < 500; i++) {
		size_t n = noise_fill(&random, noise, sizeof(noise));
		noise[0] = (uint8_t)(20 + i % 44);
		dtls_handle(s->server, noise, n);
	}
	assert_true(shake_hands(s));
	assert_int_equal(dtls_state(s->server), DTLS_CONNECTED);
}

static void the_fingerprint_text(void **state)
{
	struct scene *s = *state;
	const char *text = dtls_identity_fingerprint(s->identity);
	assert_int_equal(strlen(text), 32 * 3 - 1);
	assert_int_equal(text[2], ':');
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCENE(the_handshake_gives_keys_and_carries_data),
		SCENE(a_client_hello_in_several_datagrams),
		SCENE(a_lost_flight_is_sent_again),
		SCENE(another_certificate_fails),
		SCENE(no_certificate_fails),
		SCENE(the_fingerprint_may_come_later),
		SCENE(without_srtp_there_are_no_keys),
		SCENE(noise_does_no_harm),
		SCENE(the_fingerprint_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
