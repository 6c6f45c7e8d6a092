/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTP packets (RFC 3550) with header extensions in both forms (RFC 8285). Input is what SRTP has
 * authenticated, so it comes from a participant, who may still be hostile.
 */
#ifndef PARVIS_SFU_RTP_H
#define PARVIS_SFU_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/str.h"
#include "sfu/media/extensions.h"

#define RTP_PACKET_MAX	  1500 /* what we take and send; no sender of ours goes past its MTU */
#define RTP_EXT_VALUE_MAX 16   /* of the extensions that we know, all but one are this short */
#define RTP_EXT_LONG_MAX  255  /* the dependency descriptor, on keyframes */
#define RTP_HEADER_MAX \
	(12 + 4 + (RTP_EXT_COUNT - 1) * (2 + RTP_EXT_VALUE_MAX) + 2 + RTP_EXT_LONG_MAX + 3)

struct rtp_ext_value {
	const uint8_t *p; /* NULL: not in the packet */
	uint8_t n;
};

/* A packet taken apart; pointers lead into its bytes. */
struct rtp_packet {
	bool marker;
	bool padding; /* to write: its last byte will say how much there is */
	uint8_t payload_type;
	uint16_t sequence;
	uint32_t timestamp;
	uint32_t ssrc;
	struct rtp_ext_value ext[RTP_EXT_COUNT]; /* longer than they may be: as if absent */
	const uint8_t *payload;
	size_t payload_size; /* without padding; 0 for a packet that is padding only */
};

/* STATUS_INVALID: not RTP version 2, or lengths that do not fit. */
MUST_CHECK enum status rtp_parse(const uint8_t *bytes, size_t n,
	const struct rtp_extension_ids *ids, struct rtp_packet *out);

/* Writes the header of `packet` with those extensions whose id is negotiated. Returns its size,
 * RTP_HEADER_MAX at most. One-byte form where it fits, two-byte form otherwise. */
size_t rtp_write_header(const struct rtp_packet *packet, const struct rtp_extension_ids *ids,
	uint8_t out[RTP_HEADER_MAX]);

/* a - b on the circle of 16 bits: negative when a is before b. */
static inline int16_t rtp_seq_diff(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

/* The same for timestamps. */
static inline int32_t rtp_ts_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

#endif
