/* SPDX-License-Identifier: Apache-2.0 */
/* Transport-wide feedback of a peer, and the estimate that follows it whatever it says. */
#include <stdlib.h>

#include "sfu/media/bwe.h"
#include "sfu/media/twcc_feedback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtcp_reader reader = {.p = data, .n = size};
	struct rtcp_packet packet;
	struct twcc_feedback feedback;
	struct twcc_status status;
	struct bwe bwe;
	int64_t now_us = 1000000;
	bwe_init(&bwe);
	while (rtcp_next(&reader, &packet)) {
		if (twcc_feedback_open(&packet, &feedback) != STATUS_OK) {
			continue;
		}
		for (now_us += 50000; twcc_feedback_next(&feedback, &status); now_us += 100) {
			bwe_sent(&bwe, 1000, now_us);
			if (status.received) {
				bwe_arrived(&bwe, 1000, now_us, status.arrived_us);
			} else {
				bwe_lost(&bwe);
			}
		}
		bwe_told(&bwe, 50000, now_us);
		if (bwe.bitrate < BWE_MIN_BPS || bwe.bitrate > BWE_MAX_BPS) {
			abort();
		}
	}
	return 0;
}
