/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crypto/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

struct tls {
	SSL_CTX *context;
	SSL *ssl;
	char why[TLS_WHY_MAX];
};

/* An address is checked against the certificate's addresses, a name against its names. */
static bool set_host(SSL *ssl, const char *host)
{
	struct in6_addr address;
	if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	/* SSL_set_tlsext_host_name() is a macro that casts const away. */
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
		       (void *)(uintptr_t)host) == 1;
}

static bool set_trust(SSL_CTX *context, const char *ca_file)
{
	if (ca_file[0] == '\0')
		return SSL_CTX_set_default_verify_paths(context) == 1;
	return SSL_CTX_load_verify_file(context, ca_file) == 1;
}

enum status tls_new(int fd, const char *host, const char *ca_file, struct tls **out)
{
	struct tls *tls = MEM_NEW(struct tls);
	tls->context = SSL_CTX_new(TLS_client_method());
	if (tls->context == NULL)
		abort();
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(
		tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	bool ready = SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) == 1 &&
		     set_trust(tls->context, ca_file);
	if (ready) {
		tls->ssl = SSL_new(tls->context);
		if (tls->ssl == NULL)
			abort();
		ready = set_host(tls->ssl, host) && SSL_set_fd(tls->ssl, fd) == 1;
		SSL_set_connect_state(tls->ssl);
	}
	ERR_clear_error();
	if (!ready) {
		tls_free(&tls);
		return STATUS_INVALID;
	}
	*out = tls;
	return STATUS_OK;
}

void tls_free(struct tls **tls)
{
	struct tls *t = *tls;
	if (t == NULL)
		return;
	*tls = NULL;
	if (t->ssl != NULL && SSL_is_init_finished(t->ssl) && t->why[0] == '\0')
		(void)SSL_shutdown(t->ssl);
	SSL_free(t->ssl);
	SSL_CTX_free(t->context);
	ERR_clear_error();
	free(t);
}

static void explain(struct tls *tls, int error, int system_error)
{
	long verdict = SSL_get_verify_result(tls->ssl);
	unsigned long code = ERR_peek_error();
	const char *text = "the connection was cut off";
	if (verdict != X509_V_OK)
		text = X509_verify_cert_error_string(verdict);
	else if (code != 0 && ERR_reason_error_string(code) != NULL)
		text = ERR_reason_error_string(code);
	else if (error == SSL_ERROR_SYSCALL && system_error != 0)
		text = "the socket failed";
	snprintf(tls->why, sizeof(tls->why), "%s", text);
}

static enum tls_result judge(struct tls *tls, int result, int system_error)
{
	int error = SSL_get_error(tls->ssl, result);
	enum tls_result verdict;
	switch (error) {
	case SSL_ERROR_NONE:
		verdict = TLS_DONE;
		break;
	case SSL_ERROR_WANT_READ:
		verdict = TLS_WANT_READ;
		break;
	case SSL_ERROR_WANT_WRITE:
		verdict = TLS_WANT_WRITE;
		break;
	case SSL_ERROR_ZERO_RETURN:
		verdict = TLS_CLOSED;
		break;
	default:
		explain(tls, error, system_error);
		verdict = TLS_FAILED;
		break;
	}
	ERR_clear_error();
	return verdict;
}

enum tls_result tls_handshake(struct tls *tls)
{
	int result = SSL_do_handshake(tls->ssl);
	return judge(tls, result, errno);
}

enum tls_result tls_read(struct tls *tls, char *into, size_t size, size_t *n_out)
{
	int result = SSL_read_ex(tls->ssl, into, size, n_out);
	return judge(tls, result, errno);
}

enum tls_result tls_write(struct tls *tls, struct str bytes, size_t *n_out)
{
	int result = SSL_write_ex(tls->ssl, bytes.p, bytes.n, n_out);
	return judge(tls, result, errno);
}

const char *tls_why(const struct tls *tls)
{
	return tls->why;
}
