/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses lie on the public Internet. Where strangers choose whom this server calls, it
 * must not be led to itself or into the network that it stands in.
 */
#ifndef PARVIS_HTTP_PUBLIC_ADDRESS_H
#define PARVIS_HTTP_PUBLIC_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* By the IANA registries of special-purpose addresses (RFC 6890); an IPv4 address inside an IPv6
 * one (mapped, NAT64) is judged as what it is. false for anything that is not IP. */
bool public_address(const struct sockaddr *address, socklen_t length);

#endif
