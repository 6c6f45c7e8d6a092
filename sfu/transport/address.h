/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transport address (RFC 8445 section 4: IP address, port and protocol) in one comparable form: an
 * IPv4-mapped IPv6 address (what a dual-stack socket shows) is IPv4 here.
 */
#ifndef PARVIS_SFU_ADDRESS_H
#define PARVIS_SFU_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/base/status.h"

#define ADDRESS_TEXT_MAX 64 /* "[v6%scope]:port", NUL included */

enum address_protocol { ADDRESS_UDP, ADDRESS_TCP };

/* No padding: equal addresses are equal bytes. */
struct address {
	uint8_t ip[16]; /* IPv4: the first four, the others 0 */
	uint32_t
		scope; /* UDP: of link-local IPv6; TCP: the connection's number (transport/tcp.h) */
	uint16_t port; /* host order */
	uint8_t family; /* 4 or 6; 0: no address */
	uint8_t protocol;
};

/* How a datagram went: which of our addresses it came to, so that the answer leaves from there. */
struct path {
	struct address remote;
	struct address local; /* port 0: the socket's; family 0: let the kernel choose */
};

MUST_CHECK enum status address_parse(const char *numeric, uint16_t port, struct address *out);
bool address_eq(const struct address *a, const struct address *b);
bool path_eq(const struct path *a, const struct path *b);
const char *address_print(const struct address *address, char text[ADDRESS_TEXT_MAX]);

void address_from_sockaddr(const struct sockaddr *sa, struct address *out); /* other: family 0 */
/* For a socket of that family (AF_INET, AF_INET6); returns the length. */
socklen_t address_to_sockaddr(
	const struct address *address, int socket_family, struct sockaddr_storage *out);

#endif
