/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets a synthetic peer speak over TCP: a thread passes its datagrams on as frames (RFC 4571), and
 * frames back as datagrams. The peer's socket is connected to the pump.
 */
#ifndef PARVIS_TEST_TCP_PUMP_H
#define PARVIS_TEST_TCP_PUMP_H

#include "tests/unit/sfu/synthetic_peer.h"

#include "common/base/thread.h"
#include "sfu/transport/wire.h"

struct tcp_pump {
	int udp, tcp;
	pthread_t thread;
};

static inline bool tcp_pump_read(int fd, uint8_t *out, size_t n)
{
	return recv(fd, out, n, MSG_WAITALL) == (ssize_t)n;
}

static inline void *tcp_pump_run(void *arg)
{
	const struct tcp_pump *p = arg;
	uint8_t bytes[2 + 2048];
	struct pollfd fds[2] = {{.fd = p->udp, .events = POLLIN}, {.fd = p->tcp, .events = POLLIN}};
	while (poll(fds, 2, -1) >= 0) {
		if (fds[0].revents != 0) {
			ssize_t n = recv(p->udp, bytes + 2, 2048, 0);
			if (n <= 1) {
				return NULL; /* an empty datagram: the end */
			}
			put_u16(bytes, (unsigned)n);
			(void)send(p->tcp, bytes, (size_t)n + 2, MSG_NOSIGNAL);
		}
		if (fds[1].revents != 0) {
			if (!tcp_pump_read(p->tcp, bytes, 2) ||
				!tcp_pump_read(p->tcp, bytes + 2, get_u16(bytes))) {
				fds[1].fd = -1;
				continue;
			}
			(void)send(p->udp, bytes + 2, get_u16(bytes), 0);
		}
	}
	return NULL;
}

static inline void tcp_pump_open(struct tcp_pump *p, struct synthetic_peer *peer, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in self = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(self);
	p->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	p->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(p->tcp, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(bind(p->udp, (const struct sockaddr *)&self, sizeof(self)), 0);
	assert_int_equal(getsockname(p->udp, (struct sockaddr *)&self, &n), 0);
	assert_int_equal(connect(peer->fd, (const struct sockaddr *)&self, n), 0);
	n = sizeof(self);
	assert_int_equal(getsockname(peer->fd, (struct sockaddr *)&self, &n), 0);
	assert_int_equal(connect(p->udp, (const struct sockaddr *)&self, n), 0);
	p->thread = thread_start("pump", tcp_pump_run, p);
}

static inline void tcp_pump_close(struct tcp_pump *p, struct synthetic_peer *peer)
{
	assert_int_equal(send(peer->fd, "", 0, 0), 0);
	thread_join(p->thread);
	close(p->udp);
	close(p->tcp);
}

#endif
