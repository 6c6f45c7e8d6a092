/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The UDP socket of a media thread: non-blocking, received in batches, and answered from the
 * address that the peer wrote to (IP_PKTINFO, IPV6_PKTINFO), which matters on hosts with several.
 */
#ifndef PARVIS_SFU_SOCKETS_H
#define PARVIS_SFU_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "sfu/transport/address.h"

#define SOCKET_BATCH	    32
#define SOCKET_PACKET_BYTES 2048 /* what is longer is cut, and then dropped: no peer sends it */

struct udp_socket {
	int fd;
	int family; /* AF_INET or AF_INET6 */
	uint16_t port;
	struct udp_batch *batch; /* buffers for receiving, owned */
};

struct datagram {
	uint8_t *bytes; /* SOCKET_PACKET_BYTES of room, ours to change until the next receive */
	size_t size;
	struct path path;
	int64_t arrived_us; /* clock_mono_us() at which the kernel had it, which is what estimates
			       of bandwidth need; not when we came to read it */
};

/* STATUS_EXISTS: the port is taken; STATUS_DENIED: may not be bound; STATUS_INVALID: the address
 * is not numeric or not ours. Port 0 takes any; socket->port says which. */
MUST_CHECK enum status udp_open(const char *address, uint16_t port, struct udp_socket *out);
/* One more socket of the same address and port (SO_REUSEPORT): the kernel deals out between them, by
 * a hash of both addresses. The first one was bound alone, so the port is nobody else's. */
MUST_CHECK enum status udp_open_beside(
	const struct udp_socket *first, const char *address, struct udp_socket *out);
void udp_close(struct udp_socket *socket);
/* What an errno of socket() or bind() means, in the words above. */
enum status socket_status(int error);

/* Takes what has arrived, at most SOCKET_BATCH; 0 when nothing is there. */
size_t udp_receive(struct udp_socket *socket, struct datagram out[SOCKET_BATCH]);
/* STATUS_UNAVAILABLE when the kernel has no room or no route now: the datagram is lost, as on any
 * network. */
MUST_CHECK enum status udp_send(
	const struct udp_socket *socket, const struct path *path, const uint8_t *bytes, size_t n);

#endif
