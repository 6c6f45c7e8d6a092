/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/candidates.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "sfu/transport/address.h"

#define TYPE_PREFERENCE_HOST 126u

static bool is_zero(const struct address *a)
{
	static const uint8_t zero[16];
	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

static bool is_loopback(const struct address *a)
{
	static const uint8_t loopback6[16] = {[15] = 1};
	return a->family == 4 ? a->ip[0] == 127 : memcmp(a->ip, loopback6, 16) == 0;
}

/* Takes no IPv6 link-local address: a browser would need a zone to reach it. */
static bool is_link_local6(const struct address *a)
{
	return a->family == 6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}

static void add(struct candidates *c, const struct address *a, uint16_t port)
{
	if (c->count == CANDIDATES_MAX) {
		return;
	}
	struct candidate *to = &c->list[c->count];
	int family = a->family == 6 ? AF_INET6 : AF_INET;
	if (inet_ntop(family, a->ip, to->address, sizeof(to->address)) == NULL) {
		return;
	}
	/* Each address has a local preference of its own, the first one the greatest. */
	uint32_t local_preference = 65535u - c->count;
	to->port = port;
	to->priority = TYPE_PREFERENCE_HOST << 24 | local_preference << 8 | 255u;
	to->foundation = ++c->count;
}

static void add_interfaces(struct candidates *c, const struct address *bound, uint16_t port)
{
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) != 0) {
		return;
	}
	for (int loopback = 0; loopback <= 1 && c->count == 0; loopback++) {
		for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next) {
			struct address a;
			if (i->ifa_addr == NULL || (i->ifa_flags & IFF_UP) == 0) {
				continue;
			}
			address_from_sockaddr(i->ifa_addr, &a);
			bool family_fits = a.family == 4 || (a.family == 6 && bound->family == 6);
			if (family_fits && !is_link_local6(&a) && is_loopback(&a) == loopback) {
				add(c, &a, port);
			}
		}
	}
	freeifaddrs(all);
}

enum status candidates_collect(const char *bind_address, char *const *advertised,
	unsigned advertised_count, uint16_t port, struct candidates *out, const char **bad_out)
{
	struct candidates c = {.count = 0};
	struct address bound;
	if (address_parse(bind_address, port, &bound) != STATUS_OK) {
		*bad_out = bind_address;
		return STATUS_INVALID;
	}
	for (unsigned i = 0; i < advertised_count; i++) {
		struct address a;
		if (address_parse(advertised[i], port, &a) != STATUS_OK) {
			*bad_out = advertised[i];
			return STATUS_INVALID;
		}
		add(&c, &a, port);
	}
	if (advertised_count == 0 && !is_zero(&bound)) {
		add(&c, &bound, port);
	} else if (advertised_count == 0) {
		add_interfaces(&c, &bound, port);
	}
	if (c.count == 0) {
		return STATUS_NOT_FOUND;
	}
	*out = c;
	return STATUS_OK;
}
