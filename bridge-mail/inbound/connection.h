/* SPDX-License-Identifier: Apache-2.0 */
/* One SMTP or LMTP connection, from greeting to close, on the thread that calls. */
#ifndef PARVIS_BRIDGE_CONNECTION_H
#define PARVIS_BRIDGE_CONNECTION_H

#include "bridge-mail/bridge.h"
#include "bridge-mail/inbound/recipients.h"
#include "bridge-mail/inbound/smtp.h"

struct connection_config {
	struct bridge *bridge;
	const struct recipients *recipients;
	enum smtp_mode mode;
	int fd;		/* non-blocking; stays the caller's */
	int stop_fd;	/* readable when the program ends */
	int timeout_ms; /* without a byte from the peer */
};

void connection_serve(const struct connection_config *config);
/* Tells a peer for whom there is no place, without waiting. */
void connection_refuse(int fd, const char *host_name);

#endif
