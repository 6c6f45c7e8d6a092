/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/twcc.h"

#include <string.h>

#include "sfu/transport/wire.h"

#define FIXED_BYTES  16 /* both SSRCs, base, count, reference time, feedback count */
#define DELTA_US     250
#define REFERENCE_US 64000
#define SEVEN	     7
#define RUN_MAX	     8191u
#define JUMP_MAX     (TWCC_WINDOW / 2)

enum symbol { NOT_RECEIVED = 0, SMALL_DELTA = 1, LARGE_DELTA = 2 };

static size_t slot(uint64_t sequence)
{
	return (size_t)(sequence % TWCC_WINDOW);
}

static void restart(struct twcc_recorder *r, uint64_t sequence)
{
	memset(r->arrival_us, 0, sizeof(r->arrival_us));
	r->started = true;
	r->next = sequence;
	r->highest = sequence;
}

void twcc_record(struct twcc_recorder *recorder, uint16_t sequence, int64_t now_us)
{
	struct twcc_recorder *r = recorder;
	if (!r->started) {
		restart(r, 0x10000u + sequence);
	}
	int16_t ahead = (int16_t)(uint16_t)(sequence - (uint16_t)r->highest);
	uint64_t extended = r->highest + (uint64_t)(int64_t)ahead;
	if (ahead > JUMP_MAX || ahead < -JUMP_MAX) {
		restart(r, 0x10000u + sequence);
		extended = r->highest;
	}
	if (extended < r->next) {
		return; /* told already, as lost */
	}
	for (uint64_t s = r->highest + 1; s <= extended; s++) {
		r->arrival_us[slot(s)] = 0;
	}
	r->highest = extended > r->highest ? extended : r->highest;
	if (r->highest - r->next >= TWCC_WINDOW) {
		r->next = r->highest - TWCC_WINDOW + 1;
	}
	if (r->arrival_us[slot(extended)] == 0) {
		r->arrival_us[slot(extended)] = now_us;
	}
}

struct draft {
	unsigned count;
	size_t delta_bytes;
	int64_t reference; /* in units of 64 ms */
	uint8_t symbols[TWCC_MAX_PER_REPORT];
	int16_t deltas[TWCC_MAX_PER_REPORT];
};

/* Takes packets from r->next on until the last received one, or until a delta does not fit. */
static void collect(const struct twcc_recorder *r, struct draft *d)
{
	int64_t last = 0;
	d->count = 0;
	d->delta_bytes = 0;
	for (uint64_t s = r->next; s <= r->highest && d->count < TWCC_MAX_PER_REPORT; s++) {
		int64_t at = r->arrival_us[slot(s)];
		if (at == 0) {
			d->symbols[d->count++] = NOT_RECEIVED;
			continue;
		}
		if (last == 0) {
			d->reference = at / REFERENCE_US;
			last = d->reference * REFERENCE_US;
		}
		int64_t ticks = (at - last) / DELTA_US;
		if (ticks < INT16_MIN || ticks > INT16_MAX) {
			break;
		}
		/* What rounding leaves is carried over, so that it does not add up. */
		last += ticks * DELTA_US;
		bool small = ticks >= 0 && ticks <= UINT8_MAX;
		d->delta_bytes += small ? 1 : 2;
		d->symbols[d->count] = small ? SMALL_DELTA : LARGE_DELTA;
		d->deltas[d->count++] = (int16_t)ticks;
	}
}

static unsigned run_length(const struct draft *d, unsigned from)
{
	unsigned n = 1;
	while (from + n < d->count && n < RUN_MAX && d->symbols[from + n] == d->symbols[from]) {
		n++;
	}
	return n;
}

static size_t write_chunks(const struct draft *d, uint8_t *out)
{
	size_t bytes = 0;
	for (unsigned i = 0; i < d->count; bytes += 2) {
		unsigned run = run_length(d, i);
		unsigned chunk;
		if (run >= SEVEN || i + run == d->count) {
			chunk = (unsigned)d->symbols[i] << 13 | run;
			i += run;
		} else {
			chunk = 0xc000u;
			for (unsigned k = 0; k < SEVEN && i < d->count; k++) {
				chunk |= (unsigned)d->symbols[i++] << (12 - 2 * k);
			}
		}
		if (out != NULL) {
			put_u16(out + bytes, chunk);
		}
	}
	return bytes;
}

static void write_deltas(const struct draft *d, uint8_t *out)
{
	for (unsigned i = 0; i < d->count; i++) {
		if (d->symbols[i] == SMALL_DELTA) {
			*out++ = (uint8_t)d->deltas[i];
		} else if (d->symbols[i] == LARGE_DELTA) {
			put_u16(out, (uint16_t)d->deltas[i]);
			out += 2;
		}
	}
}

bool twcc_write(struct twcc_recorder *recorder, uint32_t sender_ssrc, uint32_t media_ssrc,
	struct rtcp_writer *writer)
{
	struct draft d;
	if (!recorder->started || recorder->next > recorder->highest) {
		return false;
	}
	collect(recorder, &d);
	if (d.delta_bytes == 0) {
		recorder->next += d.count; /* all lost: nothing to time them by */
		return false;
	}
	size_t chunk_bytes = write_chunks(&d, NULL);
	size_t used = FIXED_BYTES + chunk_bytes + d.delta_bytes;
	uint8_t *p = rtcp_reserve(writer, RTCP_RTPFB, RTCP_TWCC, (used + 3) & ~(size_t)3);
	if (p == NULL) {
		return false;
	}
	put_u32(p, sender_ssrc);
	put_u32(p + 4, media_ssrc);
	put_u16(p + 8, (uint16_t)recorder->next);
	put_u16(p + 10, d.count);
	put_u24(p + 12, (uint32_t)d.reference & 0xffffffu);
	p[15] = recorder->feedback_count++;
	(void)write_chunks(&d, p + FIXED_BYTES);
	write_deltas(&d, p + FIXED_BYTES + chunk_bytes);
	recorder->next += d.count;
	return true;
}
