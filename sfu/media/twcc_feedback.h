/* SPDX-License-Identifier: Apache-2.0 */
/* Transport-wide feedback on what we have sent, taken apart packet by packet (see twcc.h). */
#ifndef PARVIS_SFU_TWCC_FEEDBACK_H
#define PARVIS_SFU_TWCC_FEEDBACK_H

#include "sfu/media/rtcp.h"

struct twcc_feedback {
	uint16_t sequence; /* of the next one */
	unsigned left;	   /* how many it still tells of; lengths are checked already */
	int64_t at_us;	   /* on the peer's clock, which wraps every 12 days */
	const uint8_t *chunk, *delta;
	unsigned chunk_used; /* of its symbols */
};

struct twcc_status {
	uint16_t sequence;
	bool received;
	int64_t arrived_us;
};

/* STATUS_INVALID when it is none, or its lengths do not fit. */
MUST_CHECK enum status twcc_feedback_open(
	const struct rtcp_packet *packet, struct twcc_feedback *out);
/* In rising order; false at the end. */
bool twcc_feedback_next(struct twcc_feedback *feedback, struct twcc_status *out);

#endif
