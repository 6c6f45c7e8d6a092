/* SPDX-License-Identifier: Apache-2.0 */
/* "imaps://host", "imap://host:1143", "imaps://[2001:db8::1]:993": where a server is. */
#ifndef PARVIS_BRIDGE_IMAP_URL_H
#define PARVIS_BRIDGE_IMAP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/status.h"

struct imap_url {
	char host[256];
	uint16_t port;
	bool tls;      /* from the first byte */
	bool loopback; /* this machine */
};

/* STATUS_INVALID: another scheme, no host, a port that is none, or a path. */
MUST_CHECK enum status imap_url_read(const char *url, struct imap_url *out);

#endif
