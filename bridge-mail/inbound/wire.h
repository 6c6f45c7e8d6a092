/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection that we make to a server: TCP, in clear or under TLS, with time-outs, and ended at
 * once when the program stops. Blocks the calling thread. A peer that has gone is noticed within
 * two minutes (keep-alive, TCP_USER_TIMEOUT).
 */
#ifndef PARVIS_BRIDGE_WIRE_H
#define PARVIS_BRIDGE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"
#include "common/base/str.h"

#define WIRE_WHY_MAX 256

struct wire;

struct wire_address {
	const char *host; /* name or address, without brackets */
	uint16_t port;
	const char *ca_file; /* common/crypto/tls.h */
};

/* All give STATUS_UNAVAILABLE when the peer has gone or stop_fd became readable (it stays the
 * caller's), STATUS_TIMEOUT, and a line in wire_why(). */
struct wire *wire_new(const struct wire_address *address, int stop_fd);
void wire_free(struct wire **wire);
MUST_CHECK enum status wire_connect(struct wire *wire, int timeout_ms);
/* STATUS_DENIED when the peer is not who it should be. */
MUST_CHECK enum status wire_start_tls(struct wire *wire, int timeout_ms);
/* *n_out bytes, one at least. */
MUST_CHECK enum status wire_read(
	struct wire *wire, char *into, size_t size, int timeout_ms, size_t *n_out);
/* All of them. */
MUST_CHECK enum status wire_write(struct wire *wire, struct str bytes, int timeout_ms);
const char *wire_why(const struct wire *wire);

#endif
