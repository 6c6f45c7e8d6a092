/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/history.h"

#include "common/base/mem.h"

struct entry {
	uint64_t sequence; /* 0: free; extended numbers start at 2^16 */
	size_t size;
	uint8_t bytes[RTP_PACKET_MAX];
};

struct history {
	size_t count;
	struct entry entries[];
};

struct history *history_new(size_t packets)
{
	struct history *history = mem_alloc(sizeof(*history) + packets * sizeof(struct entry));
	history->count = packets;
	return history;
}

void history_free(struct history **history)
{
	mem_freep(history);
}

void history_clear(struct history *history)
{
	for (size_t i = 0; i < history->count; i++) {
		history->entries[i].sequence = 0;
	}
}

void history_put(struct history *history, uint64_t sequence, const uint8_t *packet, size_t n)
{
	if (n > RTP_PACKET_MAX) {
		return;
	}
	struct entry *e = &history->entries[sequence % history->count];
	e->sequence = sequence;
	e->size = n;
	memcpy(e->bytes, packet, n);
}

const uint8_t *history_get(const struct history *history, uint64_t sequence, size_t *n_out)
{
	const struct entry *e = &history->entries[sequence % history->count];
	if (sequence == 0 || e->sequence != sequence) {
		return NULL;
	}
	*n_out = e->size;
	return e->bytes;
}
