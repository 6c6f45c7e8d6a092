/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/twcc_feedback.h"

#include "sfu/transport/wire.h"

#define FIXED_BYTES  16
#define DELTA_US     250
#define REFERENCE_US 64000
#define ONE_BIT	     14 /* symbols of a vector chunk, by their size */
#define TWO_BITS     7
#define VECTOR	     0x8000u
#define WIDE	     0x4000u

enum symbol { NOT_RECEIVED, SMALL_DELTA, LARGE_DELTA, RESERVED };

static unsigned symbols_in(unsigned chunk)
{
	return (chunk & VECTOR) == 0 ? chunk & 0x1fffu : (chunk & WIDE) == 0 ? ONE_BIT : TWO_BITS;
}

static enum symbol symbol_at(unsigned chunk, unsigned i)
{
	if ((chunk & VECTOR) == 0) {
		return (enum symbol)(chunk >> 13 & 3u);
	}
	if ((chunk & WIDE) == 0) {
		return (chunk >> (ONE_BIT - 1 - i) & 1u) != 0 ? SMALL_DELTA : NOT_RECEIVED;
	}
	return (enum symbol)(chunk >> (2 * (TWO_BITS - 1 - i)) & 3u);
}

/* Bytes of the deltas that a chunk announces. */
static size_t deltas_of(unsigned chunk, unsigned symbols)
{
	size_t bytes = 0;
	if ((chunk & VECTOR) == 0) {
		return symbols * (size_t)(symbol_at(chunk, 0) == SMALL_DELTA   ? 1
					  : symbol_at(chunk, 0) == LARGE_DELTA ? 2
									       : 0);
	}
	for (unsigned i = 0; i < symbols; i++) {
		enum symbol s = symbol_at(chunk, i);
		bytes += s == SMALL_DELTA ? 1 : s == LARGE_DELTA ? 2 : 0;
	}
	return bytes;
}

enum status twcc_feedback_open(const struct rtcp_packet *packet, struct twcc_feedback *out)
{
	if (packet->type != RTCP_RTPFB || packet->count != RTCP_TWCC ||
		packet->size < FIXED_BYTES) {
		return STATUS_INVALID;
	}
	const uint8_t *p = packet->body;
	unsigned count = get_u16(p + 10), covered = 0;
	size_t at = FIXED_BYTES, deltas = 0;
	while (covered < count) {
		if (packet->size - at < 2) {
			return STATUS_INVALID;
		}
		unsigned chunk = get_u16(p + at), symbols = symbols_in(chunk);
		if (symbols == 0) {
			return STATUS_INVALID;
		}
		symbols = symbols < count - covered ? symbols : count - covered;
		deltas += deltas_of(chunk, symbols);
		covered += symbols;
		at += 2;
	}
	if (deltas > packet->size - at) {
		return STATUS_INVALID;
	}
	*out = (struct twcc_feedback){.sequence = get_u16(p + 8),
		.left = count,
		.at_us = (int64_t)get_u24(p + 12) * REFERENCE_US,
		.chunk = p + FIXED_BYTES,
		.delta = p + at};
	return STATUS_OK;
}

bool twcc_feedback_next(struct twcc_feedback *feedback, struct twcc_status *out)
{
	struct twcc_feedback *f = feedback;
	if (f->left == 0) {
		return false;
	}
	unsigned chunk = get_u16(f->chunk);
	enum symbol symbol = symbol_at(chunk, f->chunk_used++);
	if (f->chunk_used == symbols_in(chunk)) {
		f->chunk += 2;
		f->chunk_used = 0;
	}
	if (symbol == SMALL_DELTA) {
		f->at_us += (int64_t)*f->delta++ * DELTA_US;
	} else if (symbol == LARGE_DELTA) {
		f->at_us += (int64_t)(int16_t)get_u16(f->delta) * DELTA_US;
		f->delta += 2;
	}
	*out = (struct twcc_status){.sequence = f->sequence++,
		.received = symbol == SMALL_DELTA || symbol == LARGE_DELTA,
		.arrived_us = f->at_us};
	f->left--;
	return true;
}
