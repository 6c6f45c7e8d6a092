/* SPDX-License-Identifier: Apache-2.0 */
/* A client that says exactly the bytes it is given, and reads answers one by one. */
#ifndef PARVIS_TESTS_RAW_PEER_H
#define PARVIS_TESTS_RAW_PEER_H

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "tests/unit/check.h"

/* A server that hangs fails its test and not the run. */
#define PEER_PATIENCE_S 20

struct peer {
	int fd;
	struct buf in; /* received and not yet read as an answer */
};

struct answer {
	int status;
	char head[4096];
	char body[4096]; /* cut */
	size_t body_n;	 /* whole */
};

static inline struct peer peer_connect(uint16_t port)
{
	struct peer peer;
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = PEER_PATIENCE_S};
	int on = 1;

	peer.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (peer.fd < 0)
		abort();
	setsockopt(peer.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(peer.fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(peer.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	assert_int_equal(connect(peer.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	buf_init(&peer.in, 64u << 20);
	return peer;
}

static inline void peer_close(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
	buf_release(&peer->in);
}

static inline void peer_send_n(struct peer *peer, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(peer->fd, bytes, n, MSG_NOSIGNAL);

		assert_true(sent > 0);
		bytes += sent;
		n -= (size_t)sent;
	}
}

static inline void peer_send(struct peer *peer, const char *text)
{
	peer_send_n(peer, text, strlen(text));
}

/* false at the end of the stream, also when the server reset it. */
static inline bool peer_receive(struct peer *peer)
{
	char *room = buf_reserve(&peer->in, 65536);
	ssize_t n = recv(peer->fd, room, 65536, 0);

	if (n < 0)
		assert_int_equal(errno, ECONNRESET);
	if (n > 0)
		buf_commit(&peer->in, (size_t)n);
	return n > 0;
}

static inline const char *answer_header(const struct answer *answer, const char *name)
{
	static char value[1024];
	size_t n = strlen(name);

	for (const char *line = strstr(answer->head, "\r\n"); line != NULL;
		line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, n) != 0 || line[n] != ':')
			continue;
		line += n + 1;
		line += strspn(line, " ");
		size_t length = strcspn(line, "\r");
		assert_true(length < sizeof(value));
		memcpy(value, line, length);
		value[length] = '\0';
		return value;
	}
	return NULL;
}

/* The number that the text begins with. */
static inline int64_t leading_number(const char *text)
{
	int64_t value = 0;

	check_ok(str_to_i64(str_n(text, strspn(text, "-0123456789")), &value));
	return value;
}

/* The next answer; false when the connection ended before its first byte. */
static inline bool peer_answer_maybe(struct peer *peer, bool to_head, struct answer *out)
{
	const char *end;

	*out = (struct answer){0};
	while (peer->in.n == 0 || (end = memmem(peer->in.p, peer->in.n, "\r\n\r\n", 4)) == NULL) {
		if (!peer_receive(peer)) {
			assert_int_equal(peer->in.n, 0);
			return false;
		}
	}
	size_t head_n = (size_t)(end - peer->in.p) + 4;
	assert_true(head_n < sizeof(out->head));
	memcpy(out->head, peer->in.p, head_n);
	buf_consume(&peer->in, head_n);
	assert_int_equal(strncmp(out->head, "HTTP/1.1 ", 9), 0);
	out->status = (int)leading_number(out->head + 9);
	const char *length = answer_header(out, "Content-Length");
	out->body_n = length == NULL || to_head ? 0 : (size_t)leading_number(length);
	while (peer->in.n < out->body_n)
		assert_true(peer_receive(peer));
	size_t kept = out->body_n < sizeof(out->body) ? out->body_n : sizeof(out->body) - 1;
	memcpy(out->body, buf_str(&peer->in).p, kept);
	buf_consume(&peer->in, out->body_n);
	return true;
}

static inline struct answer peer_answer(struct peer *peer)
{
	struct answer answer;

	assert_true(peer_answer_maybe(peer, false, &answer));
	return answer;
}

static inline void peer_expect_end(struct peer *peer)
{
	while (peer_receive(peer))
		;
	assert_int_equal(peer->in.n, 0);
}

/* One request on a connection of its own. */
static inline struct answer ask(uint16_t port, const char *request)
{
	struct peer peer = peer_connect(port);

	peer_send(&peer, request);
	struct answer answer = peer_answer(&peer);
	peer_close(&peer);
	return answer;
}

#define HOST	    "Host: test\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\n" HOST "\r\n"

#endif
