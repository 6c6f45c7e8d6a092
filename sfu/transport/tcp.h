/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICE-TCP for networks that block UDP (RFC 6544, passive candidates): the TCP connections of one
 * media thread, with packets framed as RFC 4571 says. Gives datagrams as a UDP socket does; to ICE
 * each connection is a path of its own, whose remote address says ADDRESS_TCP and the connection's
 * number.
 *
 * A stranger's connection is worth little: a few hundred bytes of memory, one packet of TCP_FIRST_MAX
 * bytes, TCP_PROOF_US to prove itself by a check (tcp_prove), few of them from one address. When all
 * places of strangers are taken, the oldest one's goes to the newest.
 *
 * A connection that cannot take what is sent to it leaves out video first (transport/tcp_queue.h);
 * the kernel keeps little unsent, so that this is noticed at once.
 *
 * One thread; `receive` and `closed` come out of tcp_work() and tcp_tick(), and may call everything
 * here but these two.
 */
#ifndef PARVIS_SFU_TCP_H
#define PARVIS_SFU_TCP_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/status.h"
#include "sfu/transport/sockets.h"
#include "sfu/transport/urgency.h"

#define TCP_MAX_CONNECTIONS    1024u
#define TCP_MAX_STRANGERS      128u
#define TCP_STRANGERS_FROM_ONE 16u /* address; of IPv6 its /64 */
#define TCP_FROM_ONE	       128u
#define TCP_FIRST_MAX	       512u	/* bytes of a stranger's packet */
#define TCP_PROOF_US	       5000000	/* from accept to the first good check */
#define TCP_SILENCE_US	       30000000 /* no packet at all for so long: closed */

struct tcp;

struct tcp_events {
	void *context;
	void (*receive)(void *context, const struct datagram *datagram);
	/* The peer closed it, or it broke our rules: the path is no more. */
	void (*closed)(void *context, const struct path *path);
};

/* Counted since the last look; the owner sets them back. */
struct tcp_counters {
	int64_t accepted;
	int64_t refused;  /* too many, or too many from one address */
	int64_t unproven; /* strangers that did not prove themselves in time, or made no sense */
	int64_t left_out; /* packets for a connection that is backed up */
};

/* No listener yet. */
struct tcp *tcp_new(const struct tcp_events *events);
/* Closes all connections, without telling. */
void tcp_free(struct tcp **tcp);
/* Opens the port (0: any); see udp_open() for what may go wrong. */
MUST_CHECK enum status tcp_listen(struct tcp *tcp, const char *address, uint16_t port);
uint16_t tcp_port(const struct tcp *tcp); /* 0 without a listener */

/* Readable when there is something for tcp_work(). */
int tcp_fd(const struct tcp *tcp);
void tcp_work(struct tcp *tcp, int64_t now_us);
/* Time-outs; every second or so. */
void tcp_tick(struct tcp *tcp, int64_t now_us);

/* STATUS_LIMITED: left out, the connection is backed up; STATUS_UNAVAILABLE: it is gone. */
MUST_CHECK enum status tcp_send(struct tcp *tcp, const struct path *path, enum urgency urgency,
	const uint8_t *packet, size_t n, int64_t now_us);
/* A good check came over it: no stranger any more. */
void tcp_prove(struct tcp *tcp, const struct path *path);
/* Closes it, without telling. */
void tcp_close(struct tcp *tcp, const struct path *path);

/* A stranger on its way to the media thread of the peer that it asks for: one allocation, which
 * owns the connection. */
struct tcp_stranger;

/* Lets go of a stranger, with the packet that `receive` has in hand. NULL: it is proven, or gone. */
struct tcp_stranger *tcp_hand_over(struct tcp *tcp, const struct path *path);
/* Takes it in, and gives that packet to `receive`. */
void tcp_take_over(struct tcp *tcp, struct tcp_stranger **stranger, int64_t now_us);
void tcp_stranger_free(struct tcp_stranger **stranger);

struct tcp_counters *tcp_counters(struct tcp *tcp);

#endif
