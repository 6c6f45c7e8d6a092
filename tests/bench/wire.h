/* SPDX-License-Identifier: Apache-2.0 */
/* One kept HTTP/1.1 connection to this machine, as the load tools need it. */
#ifndef PARVIS_TESTS_BENCH_WIRE_H
#define PARVIS_TESTS_BENCH_WIRE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buf.h"

#define WIRE_ANSWER_MAX ((size_t)64 * 1024 * 1024)

static inline int wire_dial(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror("connect");
		exit(EXIT_FAILURE);
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static inline bool wire_send(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* The size of the answer whose head is complete; 0 when only a last chunk ends it. */
static inline size_t wire_size(const char *text, const char *end)
{
	const char *length = strcasestr(text, "\r\nContent-Length: ");

	if (length == NULL || length > end)
		return 0;
	return (size_t)(end - text) + 4 + strtoul(length + 18, NULL, 10);
}

/* One whole answer, chunks and all; JSON holds no bare line ends that could pass for a chunk's.
 * false unless its status is 200. */
static inline bool wire_answer(int fd, struct buf *text)
{
	static const char last[] = "\r\n0\r\n\r\n";
	size_t whole = 0, n_last = sizeof(last) - 1;
	bool over = false;

	buf_clear(text);
	while (!over) {
		char *room = buf_reserve(text, 16384);
		ssize_t n = room == NULL ? -1 : recv(fd, room, 16383, 0);
		if (n <= 0)
			return false;
		room[n] = '\0';
		buf_commit(text, (size_t)n);
		const char *end = whole == 0 ? strstr(text->p, "\r\n\r\n") : NULL;
		if (end != NULL)
			whole = wire_size(text->p, end);
		over = whole != 0 ? text->n >= whole
				  : text->n >= n_last &&
					    memcmp(text->p + text->n - n_last, last, n_last) == 0;
	}
	return strncmp(text->p, "HTTP/1.1 200 ", 13) == 0;
}

static inline int wire_by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

#endif
