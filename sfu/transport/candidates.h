/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses at which clients can reach the media socket: those of the configuration, or those
 * of the interfaces when it names none. Collected once at start. All are ICE host candidates of
 * component 1 over UDP (RFC 8445); there is no STUN or TURN gathering on an ICE-lite server.
 */
#ifndef PARVIS_SFU_CANDIDATES_H
#define PARVIS_SFU_CANDIDATES_H

#include <stdint.h>

#include "common/base/status.h"

#define CANDIDATES_MAX	      16
#define CANDIDATE_ADDRESS_MAX 46 /* INET6_ADDRSTRLEN */

struct candidate {
	char address[CANDIDATE_ADDRESS_MAX]; /* numeric */
	uint16_t port;
	uint32_t priority;   /* RFC 8445 section 5.1.2 */
	uint32_t foundation; /* from 1 */
};

struct candidates {
	struct candidate list[CANDIDATES_MAX];
	unsigned count;
};

/*
 * `advertised` (numeric addresses) as it stands, or when empty the addresses of the interfaces
 * that are up and of a family that `bind_address` takes: loopback only when it is all there is or
 * when the socket is bound to it; link-local IPv6 never. STATUS_INVALID when an advertised
 * address is not numeric (*bad_out, borrowed), STATUS_NOT_FOUND when there is none at all.
 */
MUST_CHECK enum status candidates_collect(const char *bind_address, char *const *advertised,
	unsigned advertised_count, uint16_t port, struct candidates *out, const char **bad_out);

#endif
