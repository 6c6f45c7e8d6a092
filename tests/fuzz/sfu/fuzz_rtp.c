/* SPDX-License-Identifier: Apache-2.0 */
/* An RTP packet: what is taken out of it lies inside of it, and can be written again. */
#include <stdlib.h>
#include <string.h>

#include "sfu/media/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rtp_extension_ids ids = {.id = {4, 10, 11, 1, 3, 2, 200}};
	struct rtp_packet packet, again;
	uint8_t header[RTP_HEADER_MAX];
	if (rtp_parse(data, size, &ids, &packet) != STATUS_OK) {
		return 0;
	}
	if (packet.payload < data || packet.payload + packet.payload_size > data + size) {
		abort();
	}
	size_t n = rtp_write_header(&packet, &ids, header);
	if (n > sizeof(header) || rtp_parse(header, n, &ids, &again) != STATUS_OK ||
		again.sequence != packet.sequence || again.ssrc != packet.ssrc) {
		abort();
	}
	for (size_t i = 0; i < RTP_EXT_COUNT; i++) {
		if (packet.ext[i].n != again.ext[i].n ||
			(packet.ext[i].n > 0 &&
				memcmp(packet.ext[i].p, again.ext[i].p, packet.ext[i].n) != 0)) {
			abort();
		}
	}
	return 0;
}
