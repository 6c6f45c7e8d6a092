/* SPDX-License-Identifier: Apache-2.0 */
/* The connections: how many from where, and until when each may stay as it is. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/http/internal.h"

#define IPV4_BYTES	   4
#define IPV6_NETWORK_BYTES 8

/* The IPv4 address, also of "::ffff:192.0.2.1"; NULL when it is none. */
static const void *ipv4_of(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	const struct in6_addr *six =
		&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(six))
		return &six->s6_addr[12];
	return NULL;
}

static void describe(const struct sockaddr *address, struct http_peer *peer)
{
	const unsigned char *four = ipv4_of(address);
	peer->key.p = peer->key_bytes;
	if (four != NULL) {
		inet_ntop(AF_INET, four, peer->address, sizeof(peer->address));
		memcpy(peer->key_bytes, four, IPV4_BYTES);
		peer->key.n = IPV4_BYTES;
		peer->loopback = four[0] == 127;
	} else if (address->sa_family == AF_INET6) {
		const struct in6_addr *six =
			&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
		inet_ntop(AF_INET6, six, peer->address, sizeof(peer->address));
		memcpy(peer->key_bytes, six, IPV6_NETWORK_BYTES);
		peer->key.n = IPV6_NETWORK_BYTES;
		peer->loopback = IN6_IS_ADDR_LOOPBACK(six);
	}
}

bool peer_address_normalize(struct str text, char out[INET6_ADDRSTRLEN])
{
	char copy[INET6_ADDRSTRLEN];
	unsigned char bytes[sizeof(struct in6_addr)];
	if (text.n == 0 || text.n >= sizeof(copy))
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	int family = str_index(text, ':') >= 0 ? AF_INET6 : AF_INET;
	return inet_pton(family, copy, bytes) == 1 &&
	       inet_ntop(family, bytes, out, INET6_ADDRSTRLEN) != NULL;
}

void peers_init(struct http_peers *peers, unsigned max_connections)
{
	mutex_init(&peers->lock);
	peers->by_address = map_new((size_t)max_connections + 1);
	peers->polled = mem_calloc(max_connections, sizeof(peers->polled[0]));
}

void peers_release(struct http_peers *peers)
{
	map_free(&peers->by_address, free);
	free(peers->polled);
	mutex_release(&peers->lock);
}

/* A front door on this machine stands for many. */
static bool is_counted(const struct http_server *server, const struct http_peer *peer)
{
	return server->config.max_per_address > 0 &&
	       !(server->config.trust_forwarded && peer->loopback);
}

bool peers_may_connect(struct http_server *server, const struct sockaddr *address)
{
	struct http_peer peer = {0};
	describe(address, &peer);
	if (!is_counted(server, &peer))
		return true;
	const unsigned *count = map_find(server->peers.by_address, peer.key);
	return count == NULL || *count < server->config.max_per_address;
}

struct http_peer *peers_add(struct http_server *server, const struct sockaddr *address, int fd)
{
	struct http_peers *peers = &server->peers;
	struct http_peer *peer = MEM_NEW(struct http_peer);
	describe(address, peer);
	peer->fd = fd;
	peer_await(peer, server->idle_ms);
	if (is_counted(server, peer)) {
		unsigned *count = map_find(peers->by_address, peer->key);
		if (count == NULL) {
			count = MEM_NEW(unsigned);
			if (map_put(peers->by_address, peer->key, count, NULL) != STATUS_OK) {
				free(count);
				count = NULL;
			}
		}
		if (count != NULL)
			(*count)++;
	}
	mutex_lock(&peers->lock);
	peer->next = peers->first;
	if (peers->first != NULL)
		peers->first->prev = peer;
	peers->first = peer;
	mutex_unlock(&peers->lock);
	access_gauge(server->connections_gauge, 1);
	return peer;
}

void peers_remove(struct http_server *server, struct http_peer *peer)
{
	struct http_peers *peers = &server->peers;
	mutex_lock(&peers->lock);
	if (peer->prev != NULL)
		peer->prev->next = peer->next;
	else
		peers->first = peer->next;
	if (peer->next != NULL)
		peer->next->prev = peer->prev;
	mutex_unlock(&peers->lock);
	unsigned *count = is_counted(server, peer) ? map_find(peers->by_address, peer->key) : NULL;
	if (count != NULL && --*count == 0)
		free(map_remove(peers->by_address, peer->key));
	free(peer);
	access_gauge(server->connections_gauge, -1);
}

static void set_deadline(struct http_peer *peer, int64_t in_ms)
{
	int64_t at = in_ms == INT64_MAX ? INT64_MAX : clock_mono_ms() + in_ms;
	atomic_store_explicit(&peer->deadline_ms, at, memory_order_relaxed);
}

void peer_await(struct http_peer *peer, int64_t in_ms)
{
	set_deadline(peer, in_ms);
	atomic_store_explicit(&peer->awaited, true, memory_order_relaxed);
}

void peer_attend(struct http_peer *peer, int64_t in_ms)
{
	set_deadline(peer, in_ms);
	atomic_store_explicit(&peer->awaited, false, memory_order_relaxed);
}

static bool is_awaited(struct http_peer *peer)
{
	return atomic_load_explicit(&peer->awaited, memory_order_relaxed);
}

/* Nothing left to read, and nothing more will come. */
static bool has_ended(const struct pollfd *polled)
{
	int unread = 0;
	return (polled->revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0 &&
	       (ioctl(polled->fd, FIONREAD, &unread) != 0 || unread == 0);
}

/*
 * libmicrohttpd watches edges and misses the end of a stream that came together with the last
 * bytes before it; without this the connection would stay until its time is over. Twice seen,
 * because the last request may be on its way to a worker.
 */
static void shut_ended(struct http_peers *peers, size_t capacity) REQUIRES(peers->lock)
{
	size_t count = 0;
	for (struct http_peer *peer = peers->first; peer != NULL && count < capacity;
		peer = peer->next)
		if (is_awaited(peer))
			peers->polled[count++] = (struct pollfd){peer->fd, POLLRDHUP, 0};
		else
			peer->ended = false;
	if (count == 0 || poll(peers->polled, count, 0) < 0)
		return;
	size_t i = 0;
	for (struct http_peer *peer = peers->first; peer != NULL && i < count; peer = peer->next) {
		if (peers->polled[i].fd != peer->fd)
			continue;
		bool ended = is_awaited(peer) && has_ended(&peers->polled[i]);
		if (ended && peer->ended)
			shutdown(peer->fd, SHUT_RDWR);
		peer->ended = ended;
		i++;
	}
}

void peers_sweep(struct http_server *server, int64_t now_ms)
{
	struct http_peers *peers = &server->peers;
	mutex_lock(&peers->lock);
	/* The list's lock keeps the descriptors open: a connection leaves the list before its
	 * descriptor is closed. The daemon then sees the end of the stream. */
	for (struct http_peer *peer = peers->first; peer != NULL; peer = peer->next)
		if (atomic_load_explicit(&peer->deadline_ms, memory_order_relaxed) <= now_ms)
			shutdown(peer->fd, SHUT_RDWR);
	shut_ended(peers, server->config.max_connections);
	mutex_unlock(&peers->lock);
}
