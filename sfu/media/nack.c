/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/media/nack.h"

#include <string.h>

void nack_clear(struct nack_list *list)
{
	list->count = 0;
}

bool nack_lost(struct nack_list *list, uint64_t from, uint64_t to, int64_t now_us)
{
	if (to - from > NACK_MAX - list->count) {
		list->count = 0;
		return false;
	}
	for (uint64_t s = from; s < to; s++) {
		list->entries[list->count++] =
			(struct nack_entry){.sequence = s, .due_us = now_us + NACK_REORDER_US};
	}
	return true;
}

static void drop(struct nack_list *list, unsigned from, unsigned count)
{
	list->count -= count;
	memmove(&list->entries[from], &list->entries[from + count],
		(list->count - from) * sizeof(list->entries[0]));
}

void nack_arrived(struct nack_list *list, uint64_t sequence)
{
	for (unsigned i = 0; i < list->count && list->entries[i].sequence <= sequence; i++) {
		if (list->entries[i].sequence == sequence) {
			drop(list, i, 1);
			return;
		}
	}
}

void nack_forget_before(struct nack_list *list, uint64_t sequence)
{
	unsigned n = 0;
	while (n < list->count && list->entries[n].sequence < sequence) {
		n++;
	}
	drop(list, 0, n);
}

size_t nack_due(struct nack_list *list, int64_t now_us, int64_t rtt_us, uint16_t out[NACK_MAX],
	unsigned *given_up_out)
{
	size_t n = 0;
	unsigned kept = 0;
	int64_t again = rtt_us < NACK_MIN_US   ? NACK_MIN_US
			: rtt_us > NACK_MAX_US ? NACK_MAX_US
					       : rtt_us;
	*given_up_out = 0;
	for (unsigned i = 0; i < list->count; i++) {
		struct nack_entry *e = &list->entries[i];
		if (e->due_us <= now_us && e->tries == NACK_TRIES) {
			(*given_up_out)++;
			continue;
		}
		if (e->due_us <= now_us) {
			out[n++] = (uint16_t)e->sequence;
			e->due_us = now_us + again;
			e->tries++;
		}
		list->entries[kept++] = *e;
	}
	list->count = kept;
	return n;
}
