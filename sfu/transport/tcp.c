/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/base/fs.h"
#include "common/base/mem.h"
#include "sfu/transport/framing.h"
#include "sfu/transport/tcp_queue.h"

#define BACKLOG		 64
#define ACCEPTS_AT_ONCE	 32
#define READS_AT_ONCE	 8
#define EVENTS_AT_ONCE	 32
#define UNSENT_MAX	 (16 * 1024) /* bytes that the kernel may keep beyond what is under way */
#define STRANGER_PACKETS 4
#define STRANGER_ROOM	 (FRAMING_HEADER + TCP_FIRST_MAX)
#define PROVEN_ROOM	 (2 * (FRAMING_HEADER + SOCKET_PACKET_BYTES))
#define GENERATION_SHIFT 10
#define LISTENER	 UINT32_MAX /* in epoll's data, where a connection's index is otherwise */

_Static_assert(TCP_MAX_CONNECTIONS == 1u << GENERATION_SHIFT, "an index fits below a generation");

struct connection {
	int fd; /* -1: free */
	struct path path;
	bool proven, writable_wanted;
	unsigned tries; /* packets before the proof */
	int64_t opened_us, heard_us;
	size_t n, at;		 /* bytes that wait in `in`; where the packet in hand begins */
	uint8_t *in;		 /* STRANGER_ROOM or PROVEN_ROOM bytes */
	struct tcp_queue *queue; /* once proven */
};

struct tcp {
	struct tcp_events events;
	int epoll, listener;
	uint16_t port;
	unsigned strangers;
	uint32_t generation;
	struct tcp_counters counters;
	uint8_t packet[SOCKET_PACKET_BYTES]; /* the one in hand: its receiver may change it */
	struct connection list[TCP_MAX_CONNECTIONS];
};

struct tcp_stranger {
	int fd;
	struct path path;
	int64_t opened_us;
	size_t n;
	uint8_t said[STRANGER_ROOM];
};

struct tcp *tcp_new(const struct tcp_events *events)
{
	struct tcp *tcp = MEM_NEW(struct tcp);
	tcp->events = *events;
	tcp->listener = -1;
	tcp->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (tcp->epoll < 0) {
		abort(); /* no descriptors at start: nothing can work */
	}
	for (size_t i = 0; i < TCP_MAX_CONNECTIONS; i++) {
		tcp->list[i].fd = -1;
	}
	return tcp;
}

static void drop(struct tcp *tcp, struct connection *c)
{
	if (c->fd < 0) {
		return;
	}
	tcp->strangers -= !c->proven;
	fs_close(&c->fd);
	mem_freep(&c->in);
	tcp_queue_free(&c->queue);
	*c = (struct connection){.fd = -1};
}

void tcp_free(struct tcp **tcp)
{
	struct tcp *t = *tcp;
	for (size_t i = 0; t != NULL && i < TCP_MAX_CONNECTIONS; i++) {
		drop(t, &t->list[i]);
	}
	if (t != NULL) {
		fs_close(&t->listener);
		fs_close(&t->epoll);
	}
	mem_freep(tcp);
}

static bool watch(struct tcp *tcp, int fd, uint32_t index, uint32_t events, int how)
{
	struct epoll_event event = {.events = events, .data = {.u32 = index}};
	return epoll_ctl(tcp->epoll, how, fd, &event) == 0;
}

static enum status open_listener(struct tcp *tcp, const struct address *at, int fd)
{
	struct sockaddr_storage name;
	int family = at->family == 6 ? AF_INET6 : AF_INET, on = 1, off = 0;
	socklen_t n = address_to_sockaddr(at, family, &name);
	/* So that a new start need not wait for the old connections to be forgotten. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6) {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	}
	if (bind(fd, (const struct sockaddr *)&name, n) != 0 || listen(fd, BACKLOG) != 0) {
		return socket_status(errno);
	}
	n = sizeof(name);
	struct address bound;
	if (getsockname(fd, (struct sockaddr *)&name, &n) != 0 ||
		!watch(tcp, fd, LISTENER, EPOLLIN, EPOLL_CTL_ADD)) {
		return STATUS_UNAVAILABLE;
	}
	address_from_sockaddr((const struct sockaddr *)&name, &bound);
	tcp->port = bound.port;
	return STATUS_OK;
}

enum status tcp_listen(struct tcp *tcp, const char *address, uint16_t port)
{
	struct address at;
	enum status status = address_parse(address, port, &at);
	if (status != STATUS_OK) {
		return status;
	}
	int fd = socket(
		at.family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return socket_status(errno);
	}
	status = open_listener(tcp, &at, fd);
	if (status == STATUS_OK) {
		tcp->listener = fd;
	} else {
		fs_close(&fd);
	}
	return status;
}

uint16_t tcp_port(const struct tcp *tcp)
{
	return tcp->port;
}

int tcp_fd(const struct tcp *tcp)
{
	return tcp->epoll;
}

struct tcp_counters *tcp_counters(struct tcp *tcp)
{
	return &tcp->counters;
}

/* --- who may come in -------------------------------------------------------------------------- */

static bool same_source(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, a->family == 4 ? 4 : 8) == 0;
}

static bool too_many_from(const struct tcp *tcp, const struct address *remote)
{
	unsigned all = 0, strangers = 0;
	for (size_t i = 0; i < TCP_MAX_CONNECTIONS; i++) {
		const struct connection *c = &tcp->list[i];
		if (c->fd >= 0 && same_source(&c->path.remote, remote)) {
			all++;
			strangers += !c->proven;
		}
	}
	return all >= TCP_FROM_ONE || strangers >= TCP_STRANGERS_FROM_ONE;
}

static void fail(struct tcp *tcp, struct connection *c)
{
	struct path path = c->path;
	bool proven = c->proven;
	tcp->counters.unproven += !proven;
	drop(tcp, c);
	if (proven) {
		tcp->events.closed(tcp->events.context, &path);
	}
}

static void drop_oldest_stranger(struct tcp *tcp)
{
	struct connection *oldest = NULL;
	for (size_t i = 0; i < TCP_MAX_CONNECTIONS; i++) {
		struct connection *c = &tcp->list[i];
		if (c->fd >= 0 && !c->proven &&
			(oldest == NULL || c->opened_us < oldest->opened_us)) {
			oldest = c;
		}
	}
	if (oldest != NULL) {
		fail(tcp, oldest);
	}
}

static struct connection *free_place(struct tcp *tcp)
{
	if (tcp->strangers >= TCP_MAX_STRANGERS) {
		drop_oldest_stranger(tcp);
	}
	for (size_t i = 0; i < TCP_MAX_CONNECTIONS; i++) {
		if (tcp->list[i].fd < 0) {
			return &tcp->list[i];
		}
	}
	return NULL;
}

/* A connection takes its place, as a stranger. NULL: there is none; the fd is the caller's. */
static struct connection *take_in(
	struct tcp *tcp, int fd, const struct path *path, int64_t opened_us)
{
	struct connection *c = too_many_from(tcp, &path->remote) ? NULL : free_place(tcp);
	if (c == NULL) {
		tcp->counters.refused++;
		return NULL;
	}
	uint32_t index = (uint32_t)(c - tcp->list);
	*c = (struct connection){
		.fd = fd, .path = *path, .opened_us = opened_us, .heard_us = opened_us};
	c->path.remote.protocol = c->path.local.protocol = ADDRESS_TCP;
	c->path.remote.scope = ++tcp->generation << GENERATION_SHIFT | index;
	if (!watch(tcp, fd, index, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_ADD)) {
		c->fd = -1;
		tcp->counters.refused++;
		return NULL;
	}
	c->in = mem_alloc(STRANGER_ROOM);
	tcp->strangers++;
	return c;
}

static bool path_of(int fd, const struct sockaddr_storage *remote, struct path *out)
{
	struct sockaddr_storage local;
	socklen_t n = sizeof(local);
	memset(out, 0, sizeof(*out));
	if (getsockname(fd, (struct sockaddr *)&local, &n) != 0) {
		return false;
	}
	address_from_sockaddr((const struct sockaddr *)remote, &out->remote);
	address_from_sockaddr((const struct sockaddr *)&local, &out->local);
	return out->remote.family != 0;
}

static void accept_connections(struct tcp *tcp, int64_t now_us)
{
	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		struct sockaddr_storage name;
		struct path path;
		socklen_t n = sizeof(name);
		int on = 1, unsent = UNSENT_MAX;
		int fd = accept4(
			tcp->listener, (struct sockaddr *)&name, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			return;
		}
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
		if (path_of(fd, &name, &path) && take_in(tcp, fd, &path, now_us) != NULL) {
			tcp->counters.accepted++;
		} else {
			fs_close(&fd);
		}
	}
}

static struct connection *find(struct tcp *tcp, const struct path *path)
{
	struct connection *c = &tcp->list[path->remote.scope % TCP_MAX_CONNECTIONS];
	return c->fd >= 0 && path_eq(&c->path, path) ? c : NULL;
}

void tcp_prove(struct tcp *tcp, const struct path *path)
{
	struct connection *c = find(tcp, path);
	if (c != NULL && !c->proven) {
		c->proven = true;
		tcp->strangers--;
		c->queue = tcp_queue_new();
		c->in = mem_realloc(c->in, PROVEN_ROOM);
	}
}

void tcp_close(struct tcp *tcp, const struct path *path)
{
	struct connection *c = find(tcp, path);
	if (c != NULL) {
		drop(tcp, c);
	}
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Gives what has come whole to the receiver, who may close the connection. False: it is gone, or
 * its stream makes no sense. */
static bool give(struct tcp *tcp, struct connection *c, int64_t now_us)
{
	struct frame frame;
	const struct path path = c->path;
	enum status status;
	size_t at = 0;
	for (;;) {
		c->at = at;
		status = framing_next(
			c->in, c->n, c->proven ? SOCKET_PACKET_BYTES : TCP_FIRST_MAX, &at, &frame);
		if (status != STATUS_OK) {
			break;
		}
		c->heard_us = now_us;
		memcpy(tcp->packet, frame.bytes, frame.size);
		struct datagram datagram = {.bytes = tcp->packet,
			.size = frame.size,
			.path = path,
			.arrived_us = now_us};
		tcp->events.receive(tcp->events.context, &datagram);
		if (find(tcp, &path) != c || (!c->proven && ++c->tries >= STRANGER_PACKETS)) {
			return false;
		}
	}
	memmove(c->in, c->in + c->at, c->n - c->at);
	c->n -= c->at;
	c->at = 0;
	return status == STATUS_NOT_FOUND;
}

/* False: the connection is gone. */
static bool take_packets(struct tcp *tcp, struct connection *c, int64_t now_us)
{
	const struct path path = c->path;
	if (give(tcp, c, now_us)) {
		return true;
	}
	if (find(tcp, &path) == c) {
		fail(tcp, c);
	}
	return false;
}

static void read_from(struct tcp *tcp, struct connection *c, int64_t now_us)
{
	for (int i = 0; i < READS_AT_ONCE; i++) {
		size_t room = c->proven ? PROVEN_ROOM : STRANGER_ROOM;
		ssize_t got = recv(c->fd, c->in + c->n, room - c->n, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
			return;
		}
		if (got <= 0) {
			fail(tcp, c);
			return;
		}
		c->n += (size_t)got;
		if (!take_packets(tcp, c, now_us) || (size_t)got < room / 2) {
			return;
		}
	}
}

/* --- writing ---------------------------------------------------------------------------------- */

static void want_writable(struct tcp *tcp, struct connection *c, bool wanted)
{
	uint32_t events = EPOLLIN | EPOLLRDHUP | (wanted ? (uint32_t)EPOLLOUT : 0);
	if (c->writable_wanted != wanted &&
		watch(tcp, c->fd, (uint32_t)(c - tcp->list), events, EPOLL_CTL_MOD)) {
		c->writable_wanted = wanted;
	}
}

static void write_to(struct tcp *tcp, struct connection *c)
{
	while (c->queue != NULL && !tcp_queue_empty(c->queue)) {
		size_t n;
		const uint8_t *bytes = tcp_queue_bytes(c->queue, &n);
		ssize_t sent = send(c->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
			return;
		}
		if (sent < 0) {
			fail(tcp, c);
			return;
		}
		tcp_queue_written(c->queue, (size_t)sent);
	}
	want_writable(tcp, c, false);
}

/* What the kernel takes at once, of header and packet; -1: the connection is broken. */
static ssize_t write_at_once(int fd, const uint8_t *packet, size_t n)
{
	uint8_t header[FRAMING_HEADER] = {(uint8_t)(n >> 8), (uint8_t)n};
	union {
		const uint8_t *in;
		void *out;
	} base = {.in = packet};
	struct iovec vectors[] = {{header, sizeof(header)}, {base.out, n}};
	struct msghdr message = {.msg_iov = vectors, .msg_iovlen = 2};
	ssize_t sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : sent;
}

enum status tcp_send(struct tcp *tcp, const struct path *path, enum urgency urgency,
	const uint8_t *packet, size_t n, int64_t now_us)
{
	struct connection *c = find(tcp, path);
	size_t sent = 0;
	unsigned left_out;
	if (c == NULL || n > SOCKET_PACKET_BYTES) {
		return STATUS_UNAVAILABLE;
	}
	if (c->queue == NULL || tcp_queue_empty(c->queue)) {
		ssize_t written = write_at_once(c->fd, packet, n);
		if (written < 0) {
			return STATUS_UNAVAILABLE; /* reading will find it closed */
		}
		sent = (size_t)written;
		if (sent == FRAMING_HEADER + n) {
			return STATUS_OK;
		}
		if (c->queue == NULL) {
			return STATUS_LIMITED; /* a stranger: it is reset for its answer's sake */
		}
	}
	enum status status = tcp_queue_put(c->queue, urgency, packet, n, sent, now_us, &left_out);
	tcp->counters.left_out += left_out + (status != STATUS_OK);
	want_writable(tcp, c, true);
	return status;
}

/* --- the loop --------------------------------------------------------------------------------- */

void tcp_work(struct tcp *tcp, int64_t now_us)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(tcp->epoll, events, EVENTS_AT_ONCE, 0);
	for (int i = 0; i < n; i++) {
		uint32_t index = events[i].data.u32;
		if (index == LISTENER) {
			accept_connections(tcp, now_us);
			continue;
		}
		struct connection *c = &tcp->list[index];
		if (c->fd >= 0 && (events[i].events & EPOLLOUT) != 0) {
			write_to(tcp, c);
		}
		if (c->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
			read_from(tcp, c, now_us);
		}
	}
}

void tcp_tick(struct tcp *tcp, int64_t now_us)
{
	for (size_t i = 0; i < TCP_MAX_CONNECTIONS; i++) {
		struct connection *c = &tcp->list[i];
		int64_t patience = c->proven ? TCP_SILENCE_US : TCP_PROOF_US;
		int64_t since = c->proven ? c->heard_us : c->opened_us;
		if (c->fd >= 0 && now_us - since >= patience) {
			fail(tcp, c);
		}
	}
}

/* --- from thread to thread -------------------------------------------------------------------- */

struct tcp_stranger *tcp_hand_over(struct tcp *tcp, const struct path *path)
{
	struct connection *c = find(tcp, path);
	if (c == NULL || c->proven) {
		return NULL;
	}
	struct tcp_stranger *s = MEM_NEW(struct tcp_stranger);
	s->fd = c->fd;
	s->path = c->path;
	s->opened_us = c->opened_us;
	s->n = c->n - c->at;
	memcpy(s->said, c->in + c->at, s->n);
	(void)epoll_ctl(tcp->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	c->fd = -1;
	mem_freep(&c->in);
	tcp->strangers--;
	return s;
}

void tcp_take_over(struct tcp *tcp, struct tcp_stranger **stranger, int64_t now_us)
{
	struct tcp_stranger *s = *stranger;
	if (s == NULL) {
		return;
	}
	struct connection *c = take_in(tcp, s->fd, &s->path, s->opened_us);
	if (c != NULL) {
		s->fd = -1;
		c->n = s->n;
		memcpy(c->in, s->said, s->n);
		take_packets(tcp, c, now_us);
	}
	tcp_stranger_free(stranger);
}

void tcp_stranger_free(struct tcp_stranger **stranger)
{
	if (*stranger != NULL) {
		fs_close(&(*stranger)->fd);
	}
	mem_freep(stranger);
}
