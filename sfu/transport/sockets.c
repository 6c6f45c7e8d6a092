/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"

/* A burst of keyframes from several people must not overrun the kernel's queue. */
#define RECEIVE_BUFFER (4 * 1024 * 1024)
#define SEND_BUFFER    (4 * 1024 * 1024)
#define MAX_QUEUED_US  1000000

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		   CMSG_SPACE(sizeof(struct timespec))];
};

struct udp_batch {
	struct mmsghdr messages[SOCKET_BATCH];
	struct iovec vectors[SOCKET_BATCH];
	struct sockaddr_storage names[SOCKET_BATCH];
	union control controls[SOCKET_BATCH];
	uint8_t packets[SOCKET_BATCH][SOCKET_PACKET_BYTES];
};

enum status socket_status(int error)
{
	switch (error) {
	case EADDRINUSE:
		return STATUS_EXISTS;
	case EACCES:
	case EPERM:
		return STATUS_DENIED;
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return STATUS_INVALID;
	default:
		return STATUS_UNAVAILABLE;
	}
}

static void set_option(int fd, int level, int option, int value)
{
	/* Best effort: sizes are capped by the system, and packet info is a refinement. */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

static enum status bind_socket(int fd, int family, const struct address *at, uint16_t *port_out)
{
	struct sockaddr_storage name;
	socklen_t n = address_to_sockaddr(at, family, &name);
	set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	set_option(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
	set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
	if (family == AF_INET6) {
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
		set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	}
	if (bind(fd, (const struct sockaddr *)&name, n) != 0) {
		return socket_status(errno);
	}
	n = sizeof(name);
	if (getsockname(fd, (struct sockaddr *)&name, &n) != 0) {
		return STATUS_UNAVAILABLE;
	}
	struct address bound;
	address_from_sockaddr((const struct sockaddr *)&name, &bound);
	*port_out = bound.port;
	return STATUS_OK;
}

static struct udp_batch *batch_new(void)
{
	struct udp_batch *b = MEM_NEW(struct udp_batch);
	for (size_t i = 0; i < SOCKET_BATCH; i++) {
		b->vectors[i] = (struct iovec){b->packets[i], SOCKET_PACKET_BYTES};
		b->messages[i].msg_hdr = (struct msghdr){.msg_name = &b->names[i],
			.msg_iov = &b->vectors[i],
			.msg_iovlen = 1,
			.msg_control = &b->controls[i]};
	}
	return b;
}

static enum status open_socket(
	const char *address, uint16_t port, bool shared, struct udp_socket *out)
{
	struct address at;
	enum status status = address_parse(address, port, &at);
	if (status != STATUS_OK) {
		return status;
	}
	struct udp_socket s = {.family = at.family == 6 ? AF_INET6 : AF_INET};
	s.fd = socket(s.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s.fd < 0) {
		return socket_status(errno);
	}
	if (shared) {
		set_option(s.fd, SOL_SOCKET, SO_REUSEPORT, 1);
	}
	status = bind_socket(s.fd, s.family, &at, &s.port);
	if (status != STATUS_OK) {
		fs_close(&s.fd);
		return status;
	}
	s.batch = batch_new();
	*out = s;
	return STATUS_OK;
}

enum status udp_open(const char *address, uint16_t port, struct udp_socket *out)
{
	return open_socket(address, port, false, out);
}

enum status udp_open_beside(
	const struct udp_socket *first, const char *address, struct udp_socket *out)
{
	set_option(first->fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return open_socket(address, first->port, true, out);
}

void udp_close(struct udp_socket *socket)
{
	fs_close(&socket->fd);
	mem_freep(&socket->batch);
}

static int64_t wall_us(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000;
}

/* From the wall's clock, which stamps packets, to the one that we go by. */
static int64_t wall_to_mono(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return clock_mono_us() - wall_us(&now);
}

static void read_ipv6_address(const struct cmsghdr *c, struct address *out)
{
	struct in6_pktinfo info;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr};
	if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) {
		in6.sin6_scope_id = info.ipi6_ifindex;
	}
	address_from_sockaddr((const struct sockaddr *)&in6, out);
}

/* On a dual-stack socket both kinds of packet info may come; the IPv6 one says it all. */
static void read_control(struct msghdr *header, int64_t to_mono_us, struct datagram *d)
{
	d->path.local = (struct address){.family = 0};
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec stamp;
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			int64_t at = wall_us(&stamp) + to_mono_us;
			/* Not when somebody has just set the wall's clock. */
			bool sane = at <= d->arrived_us && at > d->arrived_us - MAX_QUEUED_US;
			d->arrived_us = sane ? at : d->arrived_us;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO &&
			   d->path.local.family == 0) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			d->path.local.family = 4;
			memcpy(d->path.local.ip, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			read_ipv6_address(c, &d->path.local);
		}
	}
}

size_t udp_receive(struct udp_socket *socket, struct datagram out[SOCKET_BATCH])
{
	struct udp_batch *b = socket->batch;
	for (size_t i = 0; i < SOCKET_BATCH; i++) {
		b->messages[i].msg_hdr.msg_namelen = sizeof(b->names[i]);
		b->messages[i].msg_hdr.msg_controllen = sizeof(b->controls[i]);
		b->messages[i].msg_hdr.msg_flags = 0;
	}
	int got = recvmmsg(socket->fd, b->messages, SOCKET_BATCH, MSG_DONTWAIT, NULL);
	int64_t now_us = clock_mono_us(), to_mono_us = wall_to_mono();
	size_t count = 0;
	for (int i = 0; i < got; i++) {
		struct msghdr *header = &b->messages[i].msg_hdr;
		struct datagram *d = &out[count];
		if ((header->msg_flags & MSG_TRUNC) != 0) {
			continue;
		}
		d->bytes = b->packets[i];
		d->size = b->messages[i].msg_len;
		d->arrived_us = now_us;
		address_from_sockaddr((const struct sockaddr *)&b->names[i], &d->path.remote);
		read_control(header, to_mono_us, d);
		count += d->path.remote.family != 0;
	}
	return count;
}

static void write_local_address(
	struct msghdr *header, union control *control, int family, const struct address *local)
{
	memset(control, 0, sizeof(*control));
	header->msg_control = control;
	struct cmsghdr *c = &control->align;
	if (family == AF_INET) {
		struct in_pktinfo info = {.ipi_ifindex = 0};
		memcpy(&info.ipi_spec_dst, local->ip, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		header->msg_controllen = CMSG_SPACE(sizeof(info));
		return;
	}
	struct sockaddr_storage name;
	address_to_sockaddr(local, AF_INET6, &name);
	struct sockaddr_in6 in6;
	memcpy(&in6, &name, sizeof(in6));
	struct in6_pktinfo info = {.ipi6_addr = in6.sin6_addr, .ipi6_ifindex = in6.sin6_scope_id};
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	header->msg_controllen = CMSG_SPACE(sizeof(info));
}

enum status udp_send(
	const struct udp_socket *socket, const struct path *path, const uint8_t *bytes, size_t n)
{
	struct sockaddr_storage name;
	union control control;
	union {
		const uint8_t *in;
		void *out;
	} base = {.in = bytes};
	struct iovec vector = {base.out, n};
	struct msghdr header = {.msg_name = &name, .msg_iov = &vector, .msg_iovlen = 1};
	header.msg_namelen = address_to_sockaddr(&path->remote, socket->family, &name);
	if (path->local.family != 0) {
		write_local_address(&header, &control, socket->family, &path->local);
	}
	ssize_t sent;
	do {
		sent = sendmsg(socket->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n ? STATUS_OK : STATUS_UNAVAILABLE;
}
