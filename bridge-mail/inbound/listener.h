/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where mail comes in: SMTP on a loopback address (RFC 5321) and LMTP on a Unix socket
 * (RFC 2033). One thread per connection, 32 at most; past that a peer is told 421. A mail is
 * answered with 250 once its file and its row are on disk.
 */
#ifndef PARVIS_BRIDGE_LISTENER_H
#define PARVIS_BRIDGE_LISTENER_H

#include <stdint.h>

#include "bridge-mail/bridge.h"
#include "config/config.h"

/*
 * Listens where bridge.config says. The mailboxes of the configuration must be rows. After each
 * mail it wakes bridge.processor, when there is one. On failure `why` holds one line for the
 * administrator: STATUS_EXISTS (address in use), STATUS_DENIED, STATUS_INVALID (not a loopback
 * address), STATUS_IO.
 */
MUST_CHECK enum status listener_start(
	struct bridge *bridge, struct listener **out, char why[CONFIG_ERROR_MAX]);
/* Takes no more, lets a mail that is being stored finish, says 421 to the others. */
void listener_stop(struct listener **listener);
/* The SMTP port in use; 0 when there is none. */
uint16_t listener_smtp_port(const struct listener *listener);

#endif
