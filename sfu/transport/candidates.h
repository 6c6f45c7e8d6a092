/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses at which clients can reach the media sockets: those of the configuration, or those
 * of the interfaces when it names none. Collected once at start. All are ICE host candidates of
 * component 1 (RFC 8445), over UDP and over TCP (RFC 6544, passive, less preferred); there is no
 * STUN or TURN gathering on an ICE-lite server.
 */
#ifndef PARVIS_SFU_CANDIDATES_H
#define PARVIS_SFU_CANDIDATES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/status.h"

#define CANDIDATES_MAX	      32
#define CANDIDATE_ADDRESS_MAX 46 /* INET6_ADDRSTRLEN */

struct candidate {
	char address[CANDIDATE_ADDRESS_MAX]; /* numeric */
	uint16_t port;
	uint32_t priority;   /* RFC 8445 section 5.1.2, RFC 6544 section 4.2 */
	uint32_t foundation; /* from 1 */
	bool tcp;
};

struct candidates {
	struct candidate list[CANDIDATES_MAX];
	unsigned count;
};

struct candidates_config {
	const char *bind_address; /* of the sockets: numeric */
	/*
	 * What clients are told, each of:
	 *	203.0.113.5		an address, as it stands
	 *	203.0.113.5=10.0.0.5	a public address that the network maps to this private one,
	 *				port by port: both are told
	 *	interfaces		those of the interfaces
	 * None: those of the interfaces.
	 */
	char *const *advertised;
	unsigned advertised_count;
	uint16_t udp_port, tcp_port; /* 0: not offered */
};

/*
 * Of the interfaces: those that are up and of a family that the sockets take; no link-local
 * addresses; not those of containers and virtual machines on this host (docker0, br-..., veth...);
 * loopback only when it is all there is. When the sockets are bound to one address, that one alone.
 *
 * STATUS_INVALID when an advertised address is not numeric (*bad_out, borrowed), STATUS_NOT_FOUND
 * when there is none at all, STATUS_TOO_LARGE when there are more than fit.
 */
MUST_CHECK enum status candidates_collect(
	const struct candidates_config *config, struct candidates *out, const char **bad_out);

/* As a=candidate has it, behind the colon; also what trickle carries. */
void candidate_write(const struct candidate *candidate, struct buf *out);

#endif
