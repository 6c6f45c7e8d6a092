/* SPDX-License-Identifier: Apache-2.0 */
/* What a datagram on the shared port is, by its first bytes (RFC 7983, RFC 5761 section 4). */
#ifndef PARVIS_SFU_DEMUX_H
#define PARVIS_SFU_DEMUX_H

#include <stddef.h>
#include <stdint.h>

enum packet_kind { PACKET_UNKNOWN, PACKET_STUN, PACKET_DTLS, PACKET_RTP, PACKET_RTCP };

/* Looks at the first two bytes only; what it names still has to be parsed. */
enum packet_kind demux(const uint8_t *packet, size_t n);

#endif
