/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

enum status address_parse(const char *numeric, uint16_t port, struct address *out)
{
	struct address a = {.port = port};
	struct in6_addr in6;
	if (inet_pton(AF_INET, numeric, a.ip) == 1) {
		a.family = 4;
	} else if (inet_pton(AF_INET6, numeric, &in6) == 1) {
		a.family = 6;
		memcpy(a.ip, &in6, sizeof(in6));
	} else {
		return STATUS_INVALID;
	}
	*out = a;
	return STATUS_OK;
}

bool address_eq(const struct address *a, const struct address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool path_eq(const struct path *a, const struct path *b)
{
	return address_eq(&a->remote, &b->remote) && address_eq(&a->local, &b->local);
}

const char *address_print(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
	char ip[INET6_ADDRSTRLEN];
	int family = address->family == 6 ? AF_INET6 : AF_INET;
	if (address->family == 0 || inet_ntop(family, address->ip, ip, sizeof(ip)) == NULL) {
		snprintf(text, ADDRESS_TEXT_MAX, "none");
	} else {
		snprintf(text, ADDRESS_TEXT_MAX, family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip,
			(unsigned)address->port);
	}
	return text;
}

void address_from_sockaddr(const struct sockaddr *sa, struct address *out)
{
	*out = (struct address){.family = 0};
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof(in));
		out->family = 4;
		out->port = ntohs(in.sin_port);
		memcpy(out->ip, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof(in6));
		out->port = ntohs(in6.sin6_port);
		if (memcmp(&in6.sin6_addr, mapped_prefix, sizeof(mapped_prefix)) == 0) {
			out->family = 4;
			memcpy(out->ip, in6.sin6_addr.s6_addr + 12, 4);
		} else {
			out->family = 6;
			out->scope = in6.sin6_scope_id;
			memcpy(out->ip, &in6.sin6_addr, 16);
		}
	}
}

socklen_t address_to_sockaddr(
	const struct address *address, int socket_family, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (socket_family == AF_INET) {
		struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(address->port)};
		memcpy(&in.sin_addr, address->ip, 4);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
		.sin6_port = htons(address->port),
		.sin6_scope_id = address->scope};
	if (address->family == 4) {
		memcpy(in6.sin6_addr.s6_addr, mapped_prefix, sizeof(mapped_prefix));
		memcpy(in6.sin6_addr.s6_addr + 12, address->ip, 4);
	} else {
		memcpy(&in6.sin6_addr, address->ip, 16);
	}
	memcpy(out, &in6, sizeof(in6));
	return sizeof(in6);
}
