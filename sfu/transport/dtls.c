/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/dtls.h"

#include <string.h>
#include <sys/time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/base/mem.h"
#include "common/crypto/secret.h"
#include "sfu/transport/dtls_internal.h"

#define UDP_OVERHEAD	   48 /* IPv6 and UDP headers */
#define RECORD_MAX	   (16 * 1024 + 256)
#define FIRST_TIMEOUT_US   200000u
#define LONGEST_TIMEOUT_US 2000000u

struct dtls {
	SSL *ssl;
	struct dtls_events events;
	enum dtls_state state;
	/* The datagram being read, during dtls_handle(). */
	const uint8_t *input;
	size_t input_size;
	uint8_t fingerprint[EVP_MAX_MD_SIZE];
	size_t fingerprint_size;
};

/* --- the BIO ---------------------------------------------------------------------------------- */

static int bio_write(BIO *bio, const char *data, int n)
{
	struct dtls *dtls = BIO_get_data(bio);
	if (n > 0) {
		dtls->events.send(dtls->events.context, (const uint8_t *)data, (size_t)n);
	}
	return n;
}

static int bio_read(BIO *bio, char *out, int n)
{
	struct dtls *dtls = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (dtls->input == NULL) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t take = dtls->input_size < (size_t)n ? dtls->input_size : (size_t)n;
	memcpy(out, dtls->input, take);
	dtls->input = NULL;
	return (int)take;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return DTLS_MTU;
	case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
		return UDP_OVERHEAD;
	default:
		return 0;
	}
}

BIO_METHOD *dtls_bio_method(void)
{
	BIO_METHOD *m =
		BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams in memory");
	if (m != NULL) {
		BIO_meth_set_write(m, bio_write);
		BIO_meth_set_read(m, bio_read);
		BIO_meth_set_ctrl(m, bio_ctrl);
	}
	return m;
}

/* --- the session ------------------------------------------------------------------------------ */

/* Quicker than the second of RFC 6347 at first: a join should not wait for one lost datagram. */
static unsigned next_timeout_us(SSL *ssl, unsigned last_us)
{
	(void)ssl;
	if (last_us == 0) {
		return FIRST_TIMEOUT_US;
	}
	return last_us * 2 < LONGEST_TIMEOUT_US ? last_us * 2 : LONGEST_TIMEOUT_US;
}

struct dtls *dtls_new(const struct dtls_identity *identity, const struct dtls_events *events)
{
	struct dtls *dtls = MEM_NEW(struct dtls);
	dtls->events = *events;
	dtls->ssl = SSL_new(identity->context);
	BIO *bio = BIO_new(identity->datagram_bio);
	if (dtls->ssl == NULL || bio == NULL) {
		SSL_free(dtls->ssl);
		dtls->ssl = NULL;
		BIO_free(bio);
		dtls->state = DTLS_FAILED;
		return dtls;
	}
	BIO_set_data(bio, dtls);
	BIO_set_init(bio, 1);
	SSL_set_bio(dtls->ssl, bio, bio);
	SSL_set_mtu(dtls->ssl, DTLS_MTU);
	DTLS_set_timer_cb(dtls->ssl, next_timeout_us);
	SSL_set_accept_state(dtls->ssl);
	return dtls;
}

void dtls_free(struct dtls **dtls)
{
	if (*dtls != NULL) {
		SSL_free((*dtls)->ssl);
		ERR_clear_error();
	}
	mem_freep(dtls);
}

static const EVP_MD *digest_of_size(size_t size)
{
	switch (size) {
	case 32:
		return EVP_sha256();
	case 48:
		return EVP_sha384();
	case 64:
		return EVP_sha512();
	default:
		return NULL;
	}
}

static bool fingerprint_matches(const struct dtls *dtls)
{
	const EVP_MD *md = digest_of_size(dtls->fingerprint_size);
	X509 *peer = SSL_get1_peer_certificate(dtls->ssl);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	bool ok = md != NULL && peer != NULL && X509_digest(peer, md, digest, &n) == 1 &&
		  n == dtls->fingerprint_size && memcmp(digest, dtls->fingerprint, n) == 0;
	X509_free(peer);
	return ok;
}

static void fail(struct dtls *dtls)
{
	dtls->state = DTLS_FAILED;
	ERR_clear_error();
}

static void verify(struct dtls *dtls)
{
	if (dtls->fingerprint_size == 0) {
		dtls->state = DTLS_UNVERIFIED;
	} else if (fingerprint_matches(dtls)) {
		dtls->state = DTLS_CONNECTED;
	} else {
		(void)SSL_shutdown(dtls->ssl);
		fail(dtls);
	}
}

void dtls_set_fingerprint(struct dtls *dtls, const uint8_t *fingerprint, size_t size)
{
	if (dtls->fingerprint_size != 0) {
		if (size != dtls->fingerprint_size ||
			memcmp(dtls->fingerprint, fingerprint, size) != 0) {
			fail(dtls);
		}
		return;
	}
	if (digest_of_size(size) == NULL) {
		fail(dtls);
		return;
	}
	memcpy(dtls->fingerprint, fingerprint, size);
	dtls->fingerprint_size = size;
	if (dtls->state == DTLS_UNVERIFIED) {
		verify(dtls);
	}
}

static bool is_fatal(const struct dtls *dtls, int result)
{
	int error = SSL_get_error(dtls->ssl, result);
	return error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
}

static void shake_hands(struct dtls *dtls)
{
	ERR_clear_error();
	int r = SSL_do_handshake(dtls->ssl);
	if (r == 1) {
		verify(dtls);
	} else if (is_fatal(dtls, r)) {
		fail(dtls);
	}
}

/* Takes what is in the datagram; before the fingerprint is proven it is read and dropped. */
static void read_records(struct dtls *dtls)
{
	uint8_t data[RECORD_MAX];
	while (dtls->state == DTLS_CONNECTED || dtls->state == DTLS_UNVERIFIED) {
		ERR_clear_error();
		int n = SSL_read(dtls->ssl, data, sizeof(data));
		if (n > 0) {
			if (dtls->state == DTLS_CONNECTED) {
				dtls->events.receive(dtls->events.context, data, (size_t)n);
			}
			continue;
		}
		if ((SSL_get_shutdown(dtls->ssl) & SSL_RECEIVED_SHUTDOWN) != 0) {
			dtls->state = DTLS_CLOSED;
		} else if (is_fatal(dtls, n)) {
			fail(dtls);
		}
		return;
	}
}

void dtls_handle(struct dtls *dtls, uint8_t *datagram, size_t n)
{
	if (dtls->state == DTLS_FAILED || dtls->state == DTLS_CLOSED) {
		return;
	}
	dtls->input = datagram;
	dtls->input_size = n;
	if (dtls->state == DTLS_HANDSHAKE) {
		shake_hands(dtls);
	}
	read_records(dtls);
	dtls->input = NULL;
}

void dtls_tick(struct dtls *dtls)
{
	if (dtls->state == DTLS_HANDSHAKE) {
		ERR_clear_error();
		if (DTLSv1_handle_timeout(dtls->ssl) < 0) {
			fail(dtls);
		}
	}
}

void dtls_close(struct dtls *dtls)
{
	if (dtls->state == DTLS_CONNECTED) {
		ERR_clear_error();
		(void)SSL_shutdown(dtls->ssl);
		dtls->state = DTLS_CLOSED;
	}
}

enum status dtls_send(struct dtls *dtls, const uint8_t *data, size_t n)
{
	if (dtls->state != DTLS_CONNECTED) {
		return STATUS_UNAVAILABLE;
	}
	if (n == 0 || n > DTLS_DATA_MAX) {
		return STATUS_TOO_LARGE;
	}
	ERR_clear_error();
	return SSL_write(dtls->ssl, data, (int)n) == (int)n ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum dtls_state dtls_state(const struct dtls *dtls)
{
	return dtls->state;
}

int64_t dtls_timer(struct dtls *dtls)
{
	struct timeval left;
	if (dtls->state != DTLS_HANDSHAKE || DTLSv1_get_timeout(dtls->ssl, &left) != 1) {
		return -1;
	}
	return (int64_t)left.tv_sec * 1000 + (left.tv_usec + 999) / 1000;
}

enum status dtls_srtp_keys(struct dtls *dtls, struct srtp_keys *out)
{
	static const char label[] = "EXTRACTOR-dtls_srtp";
	const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(dtls->ssl);
	if (dtls->state != DTLS_CONNECTED || profile == NULL) {
		return STATUS_DENIED;
	}
	struct srtp_keys keys = {.profile = (enum srtp_profile_id)profile->id};
	size_t key_n, salt_n;
	if (srtp_key_sizes(keys.profile, &key_n, &salt_n) != STATUS_OK) {
		return STATUS_DENIED;
	}
	/* client key, server key, client salt, server salt (RFC 5764 section 4.2). */
	uint8_t material[2 * SRTP_MASTER_MAX];
	if (SSL_export_keying_material(dtls->ssl, material, 2 * (key_n + salt_n), label,
		    sizeof(label) - 1, NULL, 0, 0) != 1) {
		ERR_clear_error();
		return STATUS_INTERNAL;
	}
	memcpy(keys.remote, material, key_n);
	memcpy(keys.local, material + key_n, key_n);
	memcpy(keys.remote + key_n, material + 2 * key_n, salt_n);
	memcpy(keys.local + key_n, material + 2 * key_n + salt_n, salt_n);
	secret_wipe(material, sizeof(material));
	*out = keys;
	secret_wipe(&keys, sizeof(keys));
	return STATUS_OK;
}
