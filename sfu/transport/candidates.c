/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/candidates.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "common/base/mem.h"
#include "sfu/transport/address.h"

#define ADDRESSES_MAX	    (CANDIDATES_MAX / 2)
#define TYPE_PREFERENCE_UDP 126u
#define TYPE_PREFERENCE_TCP 90u
#define TCP_PASSIVE	    (4u << 13) /* direction preference (RFC 6544 section 4.2) */
#define INTERFACES	    "interfaces"

struct addresses {
	struct address list[ADDRESSES_MAX];
	unsigned count;
};

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

/* fe80::/10, which a browser could not reach without a zone, and 169.254/16. */
static bool is_link_local(const struct address *a)
{
	return a->family == 6 ? a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80
			      : a->ip[0] == 169 && a->ip[1] == 254;
}

/* Bridges and cables to what runs on this very host. */
static bool is_virtual(const char *interface)
{
	static const char *const prefixes[] = {"docker", "br-", "veth", "virbr", "vnet", "lxc",
		"lxd", "podman", "cni", "flannel", "cali", "vmnet", "vboxnet"};
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		if (strncmp(interface, prefixes[i], strlen(prefixes[i])) == 0) {
			return true;
		}
	}
	return false;
}

static enum status add_address(struct addresses *to, const struct address *a)
{
	for (unsigned i = 0; i < to->count; i++) {
		if (address_eq(&to->list[i], a)) {
			return STATUS_OK;
		}
	}
	if (to->count == ADDRESSES_MAX) {
		return STATUS_TOO_LARGE;
	}
	to->list[to->count++] = *a;
	return STATUS_OK;
}

static bool is_usable(const struct ifaddrs *i, const struct address *bound, struct address *out)
{
	if (i->ifa_addr == NULL || (i->ifa_flags & IFF_UP) == 0 || is_virtual(i->ifa_name)) {
		return false;
	}
	address_from_sockaddr(i->ifa_addr, out);
	return (out->family == 4 || (out->family == 6 && bound->family == 6)) &&
	       !is_link_local(out);
}

static enum status add_interfaces(struct addresses *to, const struct address *bound)
{
	enum status status = STATUS_OK;
	struct ifaddrs *all = NULL;
	unsigned before = to->count;
	if (!is_zero(bound)) {
		return add_address(to, bound);
	}
	if (getifaddrs(&all) != 0) {
		return STATUS_OK;
	}
	for (int loopback = 0; loopback <= 1 && to->count == before; loopback++) {
		for (const struct ifaddrs *i = all; i != NULL && status == STATUS_OK;
			i = i->ifa_next) {
			struct address a;
			if (is_usable(i, bound, &a) && is_loopback(&a) == loopback) {
				status = add_address(to, &a);
			}
		}
	}
	freeifaddrs(all);
	return status;
}

/* One entry of the configuration. */
static enum status add_advertised(
	struct addresses *to, const char *entry, const struct address *bound)
{
	struct address public, private;
	char text[2 * CANDIDATE_ADDRESS_MAX];
	if (strcmp(entry, INTERFACES) == 0) {
		return add_interfaces(to, bound);
	}
	if (strlen(entry) >= sizeof(text)) {
		return STATUS_INVALID;
	}
	memcpy(text, entry, strlen(entry) + 1);
	char *equals = strchr(text, '=');
	if (equals != NULL) {
		*equals = '\0';
		enum status status = address_parse(equals + 1, 0, &private);
		status = status == STATUS_OK ? add_address(to, &private) : status;
		if (status != STATUS_OK) {
			return status;
		}
	}
	enum status status = address_parse(text, 0, &public);
	return status == STATUS_OK ? add_address(to, &public) : status;
}

/* Each address has a local preference of its own, the first one the greatest. */
static void offer(struct candidates *c, const struct addresses *addresses, uint16_t port, bool tcp)
{
	for (unsigned i = 0; i < addresses->count && port != 0; i++) {
		const struct address *a = &addresses->list[i];
		struct candidate *to = &c->list[c->count];
		uint32_t preference = tcp ? TCP_PASSIVE + 8191u - i : 65535u - i;
		uint32_t type = tcp ? TYPE_PREFERENCE_TCP : TYPE_PREFERENCE_UDP;
		int family = a->family == 6 ? AF_INET6 : AF_INET;
		if (inet_ntop(family, a->ip, to->address, sizeof(to->address)) == NULL) {
			continue;
		}
		to->port = port;
		to->tcp = tcp;
		to->priority = type << 24 | preference << 8 | 255u;
		to->foundation = ++c->count;
	}
}

enum status candidates_collect(
	const struct candidates_config *config, struct candidates *out, const char **bad_out)
{
	struct addresses addresses = {.count = 0};
	struct address bound;
	if (address_parse(config->bind_address, 0, &bound) != STATUS_OK) {
		*bad_out = config->bind_address;
		return STATUS_INVALID;
	}
	for (unsigned i = 0; i < config->advertised_count; i++) {
		enum status status = add_advertised(&addresses, config->advertised[i], &bound);
		if (status != STATUS_OK) {
			*bad_out = config->advertised[i];
			return status;
		}
	}
	enum status status =
		config->advertised_count == 0 ? add_interfaces(&addresses, &bound) : STATUS_OK;
	if (status != STATUS_OK) {
		return status;
	}
	struct candidates c = {.count = 0};
	offer(&c, &addresses, config->udp_port, false);
	offer(&c, &addresses, config->tcp_port, true);
	*out = c;
	return c.count == 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

void candidate_write(const struct candidate *candidate, struct buf *out)
{
	const struct candidate *c = candidate;
	buf_printf(out, "%" PRIu32 " 1 %s %" PRIu32 " %s %u typ host%s", c->foundation,
		c->tcp ? "tcp" : "udp", c->priority, c->address, (unsigned)c->port,
		c->tcp ? " tcptype passive" : "");
}
