/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/inbound/wire.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/crypto/tls.h"

#define KEEP_ALIVE_IDLE_S     60
#define KEEP_ALIVE_INTERVAL_S 20
#define KEEP_ALIVE_COUNT      3
#define USER_TIMEOUT_MS	      60000

struct wire {
	struct wire_address address;
	int stop_fd;
	int fd;
	struct tls *tls;
	char why[WIRE_WHY_MAX];
};

struct wire *wire_new(const struct wire_address *address, int stop_fd)
{
	struct wire *wire = MEM_NEW(struct wire);
	wire->address = *address;
	wire->stop_fd = stop_fd;
	wire->fd = -1;
	return wire;
}

void wire_free(struct wire **wire)
{
	if (*wire == NULL)
		return;
	tls_free(&(*wire)->tls);
	fs_close(&(*wire)->fd);
	free(*wire);
	*wire = NULL;
}

const char *wire_why(const struct wire *wire)
{
	return wire->why;
}

static enum status fail(struct wire *wire, enum status status, const char *what, const char *detail)
{
	snprintf(wire->why, sizeof(wire->why), "%s%s%s", what, detail[0] == '\0' ? "" : ": ",
		detail);
	return status;
}

static enum status wait_for(struct wire *wire, short events, int64_t end)
{
	for (;;) {
		struct pollfd fds[2] = {
			{.fd = wire->fd, .events = events},
			{.fd = wire->stop_fd, .events = POLLIN},
		};
		int64_t left = end - clock_mono_ms();
		if (left < 0)
			return fail(wire, STATUS_TIMEOUT, "the server does not answer", "");
		int n = poll(fds, 2, (int)left);
		if (n < 0 && errno != EINTR)
			return fail(wire, STATUS_UNAVAILABLE, "poll", strerror(errno));
		if (n > 0 && fds[1].revents != 0)
			return fail(wire, STATUS_UNAVAILABLE, "the program stops", "");
		if (n > 0)
			return STATUS_OK;
	}
}

static void set_options(int fd)
{
	static const struct {
		int level;
		int name;
		int value;
	} options[] = {
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, KEEP_ALIVE_IDLE_S},
		{IPPROTO_TCP, TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_S},
		{IPPROTO_TCP, TCP_KEEPCNT, KEEP_ALIVE_COUNT},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS},
		{IPPROTO_TCP, TCP_NODELAY, 1},
	};
	/* A kernel without one of them only notices later. */
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
			sizeof(options[i].value));
}

static enum status connect_to(struct wire *wire, const struct addrinfo *to, int64_t end)
{
	wire->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (wire->fd < 0)
		return fail(wire, STATUS_UNAVAILABLE, "no socket", strerror(errno));
	set_options(wire->fd);
	int error = connect(wire->fd, to->ai_addr, to->ai_addrlen) == 0 ? 0 : errno;
	enum status status = STATUS_OK;
	if (error == EINPROGRESS) {
		socklen_t size = sizeof(error);
		status = wait_for(wire, POLLOUT, end);
		if (status == STATUS_OK &&
			getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
			error = errno;
	}
	if (status == STATUS_OK && error != 0)
		status = fail(wire, STATUS_UNAVAILABLE, "cannot connect", strerror(error));
	if (status != STATUS_OK)
		fs_close(&wire->fd);
	return status;
}

enum status wire_connect(struct wire *wire, int timeout_ms)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *list = NULL;
	char port[8];
	snprintf(port, sizeof(port), "%u", wire->address.port);
	int error = getaddrinfo(wire->address.host, port, &hints, &list);
	if (error != 0)
		return fail(wire, STATUS_UNAVAILABLE, wire->address.host, gai_strerror(error));
	enum status status = STATUS_UNAVAILABLE;
	int64_t end = clock_mono_ms() + timeout_ms;
	for (const struct addrinfo *to = list; to != NULL && status != STATUS_OK; to = to->ai_next)
		status = connect_to(wire, to, end);
	freeaddrinfo(list);
	return status;
}

/* Waits for what the layer below wants; STATUS_OK: call it again. */
static enum status serve(struct wire *wire, enum tls_result result, int64_t end)
{
	switch (result) {
	case TLS_WANT_READ:
		return wait_for(wire, POLLIN, end);
	case TLS_WANT_WRITE:
		return wait_for(wire, POLLOUT, end);
	case TLS_DONE:
		return STATUS_OK;
	case TLS_CLOSED:
		return fail(wire, STATUS_UNAVAILABLE, "the server has closed the connection", "");
	case TLS_FAILED:
		break;
	}
	return fail(wire, STATUS_UNAVAILABLE, "TLS", tls_why(wire->tls));
}

enum status wire_start_tls(struct wire *wire, int timeout_ms)
{
	int64_t end = clock_mono_ms() + timeout_ms;
	if (tls_new(wire->fd, wire->address.host, wire->address.ca_file, &wire->tls) != STATUS_OK)
		return fail(wire, STATUS_DENIED, "the certificates to trust cannot be read",
			wire->address.ca_file);
	for (;;) {
		enum tls_result result = tls_handshake(wire->tls);
		enum status status = serve(wire, result, end);
		if (status != STATUS_OK)
			return result == TLS_FAILED ? STATUS_DENIED : status;
		if (result == TLS_DONE)
			return STATUS_OK;
	}
}

static enum tls_result plain_result(ssize_t n, size_t *n_out, enum tls_result again)
{
	if (n > 0) {
		*n_out = (size_t)n;
		return TLS_DONE;
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return again;
	return TLS_CLOSED;
}

enum status wire_read(struct wire *wire, char *into, size_t size, int timeout_ms, size_t *n_out)
{
	int64_t end = clock_mono_ms() + timeout_ms;
	for (;;) {
		enum tls_result result =
			wire->tls != NULL
				? tls_read(wire->tls, into, size, n_out)
				: plain_result(recv(wire->fd, into, size, 0), n_out, TLS_WANT_READ);
		enum status status = serve(wire, result, end);
		if (status != STATUS_OK || result == TLS_DONE)
			return status;
	}
}

enum status wire_write(struct wire *wire, struct str bytes, int timeout_ms)
{
	int64_t end = clock_mono_ms() + timeout_ms;
	while (bytes.n > 0) {
		size_t n = 0;
		enum tls_result result =
			wire->tls != NULL
				? tls_write(wire->tls, bytes, &n)
				: plain_result(send(wire->fd, bytes.p, bytes.n, MSG_NOSIGNAL), &n,
					  TLS_WANT_WRITE);
		enum status status = serve(wire, result, end);
		if (status != STATUS_OK)
			return status;
		if (result == TLS_DONE)
			bytes = str_skip(bytes, n);
	}
	return STATUS_OK;
}
