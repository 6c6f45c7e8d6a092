/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/transport/demux.h"

enum packet_kind demux(const uint8_t *packet, size_t n)
{
	if (n < 2) {
		return PACKET_UNKNOWN;
	}
	uint8_t b = packet[0];
	if (b <= 3) {
		return PACKET_STUN;
	}
	if (b >= 20 && b <= 63) {
		return PACKET_DTLS;
	}
	if (b >= 128 && b <= 191) {
		return packet[1] >= 192 && packet[1] <= 223 ? PACKET_RTCP : PACKET_RTP;
	}
	return PACKET_UNKNOWN;
}
