/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/history.h"

#include "common/base/mem.h"

#define START_BYTES_EACH 128 /* of room, for as many packets as are kept */

struct entry {
	uint64_t sequence; /* 0: free; extended numbers start at 2^16 */
	uint64_t position; /* of all bytes that were ever written */
	uint32_t offset, size;
};

/* Packets lie one behind the other in a ring, which begins small. A lap is one way through it. */
struct history {
	size_t count;
	size_t capacity;
	uint8_t *ring;
	size_t offset;	   /* where the next packet goes */
	uint64_t position; /* the same, of all bytes */
	uint64_t floor;	   /* what was written before this is gone */
	int64_t lap_us;
	struct entry entries[];
};

struct history *history_new(size_t packets)
{
	struct history *history = mem_alloc(sizeof(*history) + packets * sizeof(struct entry));
	history->count = packets;
	history->capacity = packets * START_BYTES_EACH;
	history->capacity = history->capacity < RTP_PACKET_MAX ? RTP_PACKET_MAX : history->capacity;
	history->ring = mem_alloc(history->capacity);
	return history;
}

void history_free(struct history **history)
{
	if (*history != NULL) {
		mem_freep(&(*history)->ring);
	}
	mem_freep(history);
}

void history_clear(struct history *history)
{
	for (size_t i = 0; i < history->count; i++) {
		history->entries[i].sequence = 0;
	}
}

/* The end of the ring is reached: goes on from its start, or in new room behind its end when the
 * last lap was too short. */
static void end_lap(struct history *h, int64_t now_us)
{
	size_t most = h->count * RTP_PACKET_MAX;
	bool is_short = now_us - h->lap_us < HISTORY_US;
	h->lap_us = now_us;
	h->position += h->capacity - h->offset;
	if (!is_short || h->capacity >= most) {
		h->offset = 0;
		return;
	}
	h->offset = h->capacity;
	h->floor = h->position - h->capacity;
	h->capacity = 2 * h->capacity < most ? 2 * h->capacity : most;
	h->ring = mem_realloc(h->ring, h->capacity);
}

void history_put(
	struct history *history, uint64_t sequence, const uint8_t *packet, size_t n, int64_t now_us)
{
	struct history *h = history;
	if (n > RTP_PACKET_MAX) {
		return;
	}
	if (h->offset + n > h->capacity) {
		end_lap(h, now_us);
	}
	if (h->offset + n > h->capacity) {
		h->position += h->capacity - h->offset;
		h->offset = 0; /* what the ring grew by is less than a packet */
	}
	h->entries[sequence % h->count] = (struct entry){.sequence = sequence,
		.position = h->position,
		.offset = (uint32_t)h->offset,
		.size = (uint32_t)n};
	memcpy(h->ring + h->offset, packet, n);
	h->offset += n;
	h->position += n;
}

const uint8_t *history_get(const struct history *history, uint64_t sequence, size_t *n_out)
{
	const struct entry *e = &history->entries[sequence % history->count];
	if (sequence == 0 || e->sequence != sequence || e->position < history->floor ||
		history->position - e->position > history->capacity) {
		return NULL;
	}
	*n_out = e->size;
	return history->ring + e->offset;
}
