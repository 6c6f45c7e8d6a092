/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http/public_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "common/base/mem.h"

struct range4 {
	uint32_t network;
	unsigned bits;
};

static const struct range4 special4[] = {
	{0x00000000, 8},  /* this network */
	{0x0a000000, 8},  /* private */
	{0x64400000, 10}, /* carrier-grade NAT */
	{0x7f000000, 8},  /* loopback */
	{0xa9fe0000, 16}, /* link-local, where clouds keep their metadata */
	{0xac100000, 12}, /* private */
	{0xc0000000, 24}, /* protocol assignments */
	{0xc0000200, 24}, /* documentation */
	{0xc0586300, 24}, /* 6to4 relays */
	{0xc0a80000, 16}, /* private */
	{0xc6120000, 15}, /* benchmarks */
	{0xc6336400, 24}, /* documentation */
	{0xcb007100, 24}, /* documentation */
	{0xe0000000, 3},  /* multicast, reserved, broadcast */
};

static bool public4(uint32_t address)
{
	for (size_t i = 0; i < ARRAY_LEN(special4); i++)
		if (((address ^ special4[i].network) >> (32 - special4[i].bits)) == 0)
			return false;
	return true;
}

struct range6 {
	uint8_t network[4];
	unsigned bits; /* a multiple of 4, 32 at most */
};

/* Inside 2000::/3; all else is not global unicast. */
static const struct range6 special6[] = {
	{{0x20, 0x01, 0x00, 0x00}, 24}, /* protocol assignments, Teredo */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x20, 0x02, 0x00, 0x00}, 16}, /* 6to4: an IPv4 address of anybody's choice */
	{{0x3f, 0xff, 0x00, 0x00}, 20}, /* documentation */
};

static bool in_range6(const uint8_t *address, const struct range6 *range)
{
	unsigned whole = range->bits / 8;
	if (memcmp(address, range->network, whole) != 0)
		return false;
	return range->bits % 8 == 0 || address[whole] >> 4 == range->network[whole] >> 4;
}

static uint32_t embedded4(const uint8_t *last_four)
{
	uint32_t network_order;
	memcpy(&network_order, last_four, sizeof(network_order));
	return ntohl(network_order);
}

static bool public6(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	if (memcmp(address, mapped, sizeof(mapped)) == 0 ||
		memcmp(address, nat64, sizeof(nat64)) == 0)
		return public4(embedded4(address + 12));
	if (address[0] >> 5 != 1)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(special6); i++)
		if (in_range6(address, &special6[i]))
			return false;
	return true;
}

bool public_address(const struct sockaddr *address, socklen_t length)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	if (address->sa_family == AF_INET && length >= sizeof(v4)) {
		memcpy(&v4, address, sizeof(v4));
		return public4(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6 && length >= sizeof(v6)) {
		memcpy(&v6, address, sizeof(v6));
		return public6(v6.sin6_addr.s6_addr);
	}
	return false;
}
