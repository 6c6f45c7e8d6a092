/* SPDX-License-Identifier: Apache-2.0 */
/* An RTCP datagram through every reader; what was read of a NACK is written and read again. */
#include <stdlib.h>

#include "sfu/media/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reports(const struct rtcp_packet *packet)
{
	struct rtcp_sender_info info;
	struct rtcp_reports reports = {.count = 0};
	uint8_t bytes[RTCP_DATAGRAM_MAX];
	struct rtcp_writer writer = {.p = bytes};
	if (rtcp_read_sr(packet, &info, &reports) == STATUS_OK ||
		rtcp_read_rr(packet, &reports) == STATUS_OK) {
		rtcp_write_rr(&writer, 1, &reports);
		if (writer.overflow) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtcp_reader reader = {.p = data, .n = size};
	struct rtcp_packet packet;
	struct rtcp_nack nack;
	uint32_t ssrcs[RTCP_MAX_FIRS];
	unsigned count;
	uint64_t bitrate;
	while (rtcp_next(&reader, &packet)) {
		if (packet.body + packet.size > data + size) {
			abort();
		}
		check_reports(&packet);
		if (rtcp_read_nack(&packet, &nack) == STATUS_OK && nack.count > RTCP_MAX_NACKS) {
			abort();
		}
		if (rtcp_read_fir(&packet, ssrcs, &count) == STATUS_OK && count > RTCP_MAX_FIRS) {
			abort();
		}
		if (rtcp_read_pli(&packet, ssrcs) != STATUS_OK &&
			rtcp_read_remb(&packet, &bitrate) == STATUS_OK && bitrate == 1) {
			continue;
		}
	}
	return 0;
}
