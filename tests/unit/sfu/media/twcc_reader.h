/* SPDX-License-Identifier: Apache-2.0 */
/* Takes apart what twcc_write() writes, as a sender does. */
#ifndef PARVIS_TEST_TWCC_READER_H
#define PARVIS_TEST_TWCC_READER_H

#include "sfu/media/twcc.h"
#include "sfu/transport/wire.h"

#define TWCC_FIXED_BYTES  16 /* both SSRCs, base, count, reference time, feedback count */
#define TWCC_DELTA_US	  250
#define TWCC_REFERENCE_US 64000
#define TWCC_SEVEN	  7
#define TWCC_RUN_MAX	  8191u

struct twcc_arrival {
	uint16_t sequence;
	bool received;
	int64_t delta_us; /* since the packet received before; of the first, since the reference */
};

struct twcc_feedback {
	uint8_t feedback_count;
	int64_t reference_us;
	unsigned count;
	struct twcc_arrival list[TWCC_MAX_PER_REPORT]; /* what is beyond is left out */
};

/* The symbols of one chunk; returns how many (`left` at most), 0 for a run of nothing. */
static inline unsigned twcc_read_chunk(unsigned chunk, unsigned left, uint8_t symbols[TWCC_RUN_MAX])
{
	unsigned n;
	if (chunk >> 15 == 0) {
		n = chunk & TWCC_RUN_MAX;
		n = n < left ? n : left;
		memset(symbols, (int)(chunk >> 13 & 3u), n);
		return n;
	}
	bool two_bits = (chunk & 0x4000u) != 0;
	n = two_bits ? TWCC_SEVEN : 2 * TWCC_SEVEN;
	n = n < left ? n : left;
	for (unsigned i = 0; i < n; i++) {
		symbols[i] =
			(uint8_t)(two_bits ? chunk >> (12 - 2 * i) & 3u : chunk >> (13 - i) & 1u);
	}
	return n;
}

static inline enum status twcc_read_deltas(
	const struct rtcp_packet *packet, size_t at, struct twcc_feedback *f)
{
	for (unsigned i = 0; i < f->count; i++) {
		struct twcc_arrival *a = &f->list[i];
		size_t need = (size_t)a->delta_us; /* the symbol, so far: 0, 1 or 2 bytes */
		a->received = need != 0;
		if (need > 2 || need > packet->size - at) {
			return STATUS_INVALID;
		}
		const uint8_t *p = packet->body + at;
		a->delta_us = TWCC_DELTA_US * (need == 0	  ? 0
						      : need == 1 ? (int64_t)p[0]
								  : (int64_t)(int16_t)get_u16(p));
		at += need;
	}
	return STATUS_OK;
}

static inline enum status twcc_read(const struct rtcp_packet *packet, struct twcc_feedback *out)
{
	uint8_t symbols[TWCC_RUN_MAX];
	if (packet->type != RTCP_RTPFB || packet->count != RTCP_TWCC ||
		packet->size < TWCC_FIXED_BYTES) {
		return STATUS_INVALID;
	}
	unsigned base = get_u16(packet->body + 8);
	unsigned total = get_u16(packet->body + 10);
	out->feedback_count = packet->body[15];
	out->reference_us = (int64_t)get_u24(packet->body + 12) * TWCC_REFERENCE_US;
	out->count = 0;
	size_t at = TWCC_FIXED_BYTES;
	for (unsigned done = 0; done < total; at += 2) {
		if (packet->size - at < 2) {
			return STATUS_INVALID;
		}
		unsigned n = twcc_read_chunk(get_u16(packet->body + at), total - done, symbols);
		if (n == 0) {
			return STATUS_INVALID;
		}
		for (unsigned i = 0; i < n && out->count < TWCC_MAX_PER_REPORT; i++) {
			out->list[out->count++] = (struct twcc_arrival){
				.sequence = (uint16_t)(base + done + i), .delta_us = symbols[i]};
		}
		done += n;
	}
	return twcc_read_deltas(packet, at, out);
}

#endif
