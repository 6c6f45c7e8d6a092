/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data messages (LiveKit's DataPacket), as bytes: who sent it is stamped by us, whatever it says
 * itself, and the rest is passed on as it is, so that kinds of later protocols go through too.
 */
#ifndef PARVIS_SFU_DATA_PACKET_H
#define PARVIS_SFU_DATA_PACKET_H

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/str.h"

#define DATA_DESTINATIONS_MAX 16

struct data_packet {
	struct str destinations[DATA_DESTINATIONS_MAX]; /* identities; none: everybody */
	size_t destination_count;
	uint32_t sequence; /* of a reliable one; 0: none */
};

/* Appends the stamped message to `out`; STATUS_INVALID when it is no protobuf, STATUS_TOO_LARGE
 * when there are too many destinations. */
MUST_CHECK enum status data_packet_stamp(struct str bytes, struct str identity, struct str sid,
	struct data_packet *packet_out, struct buf *out);

#endif
