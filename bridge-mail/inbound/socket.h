/* SPDX-License-Identifier: Apache-2.0 */
/* Listening sockets of the inbound side. On failure `why` holds a line for the administrator. */
#ifndef PARVIS_BRIDGE_SOCKET_H
#define PARVIS_BRIDGE_SOCKET_H

#include <stdint.h>

#include "config/config.h"

/* TCP on a numeric loopback address. Port 0 takes a free one; *port_out is the real one. */
MUST_CHECK enum status socket_listen_loopback(const char *address, uint16_t port, int *fd_out,
	uint16_t *port_out, char why[CONFIG_ERROR_MAX]);
/* A Unix socket, mode 0660. One that nobody listens on any more is replaced. */
MUST_CHECK enum status socket_listen_unix(
	const char *path, int *fd_out, char why[CONFIG_ERROR_MAX]);

#endif
