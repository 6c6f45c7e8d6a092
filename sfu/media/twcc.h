/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01):
 * a record of when each numbered packet of a transport came, and the RTCP packets that tell the
 * sender. Without them a browser's sender stays at its starting rate.
 */
#ifndef PARVIS_SFU_TWCC_H
#define PARVIS_SFU_TWCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sfu/media/rtcp.h"

#define TWCC_WINDOW	    1024 /* packets that may be waiting to be told */
#define TWCC_MAX_PER_REPORT 256

struct twcc_recorder {
	bool started;
	uint8_t feedback_count;
	uint64_t next;			 /* first sequence number, extended, not told yet */
	uint64_t highest;		 /* greatest one received */
	int64_t arrival_us[TWCC_WINDOW]; /* by number modulo TWCC_WINDOW; 0: not received */
};

/* Times are greater than 0. */
void twcc_record(struct twcc_recorder *recorder, uint16_t sequence, int64_t now_us);
/* Appends one feedback packet. False when there is nothing to tell or no room: call again until
 * it is, with a new datagram each time. */
bool twcc_write(struct twcc_recorder *recorder, uint32_t sender_ssrc, uint32_t media_ssrc,
	struct rtcp_writer *writer);

#endif
