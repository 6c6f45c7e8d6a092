/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/report/words.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"

#define MEMORY_BITS ((uint64_t)1 << 27)
#define PROBES	    3
#define TOGETHER    3 /* words */

struct report_memory {
	uint8_t *bits;
};

/* The texts of one mail as hashes of words that stand together. */
struct shingles {
	uint64_t *items;
	size_t count;
};

struct report_memory *report_memory_new(void)
{
	struct report_memory *memory = MEM_NEW(struct report_memory);
	memory->bits = mem_alloc(MEMORY_BITS / 8);
	return memory;
}

void report_memory_free(struct report_memory **memory)
{
	if (*memory == NULL)
		return;
	free((*memory)->bits);
	free(*memory);
	*memory = NULL;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/* Quotation marks of mail are no part of words. */
static bool is_between(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '>' || c == '|';
}

static void read_shingles(struct str text, struct shingles *out)
{
	/* Between two words is a byte at least. */
	uint64_t *items = mem_calloc(text.n / 2 + 1, sizeof(uint64_t));
	size_t count = 0;
	for (size_t i = 0; i < text.n;) {
		uint64_t hash = 0;
		size_t start = i;
		while (i < text.n && !is_between(text.p[i]))
			hash = mix(hash, (unsigned char)text.p[i++]);
		if (i > start)
			items[count++] = hash;
		while (i < text.n && is_between(text.p[i]))
			i++;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t k = 1; k < TOGETHER; k++)
			items[i] = mix(items[i], i + k < count ? items[i + k] : 0);
	*out = (struct shingles){items, count};
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static bool bit(struct report_memory *memory, uint64_t key, unsigned probe, bool set)
{
	uint64_t i = mix(key, probe + 1) % MEMORY_BITS;
	uint8_t mask = (uint8_t)(1u << (i & 7));
	bool was = (memory->bits[i >> 3] & mask) != 0;
	if (set)
		memory->bits[i >> 3] |= mask;
	return was;
}

static bool was_said(struct report_memory *memory, uint64_t key)
{
	for (unsigned i = 0; i < PROBES; i++)
		if (!bit(memory, key, i, false))
			return false;
	return true;
}

void report_words_count(struct report_memory *memory, int64_t thread_id, struct str whole,
	struct str shown, struct report_words *out)
{
	struct shingles all, seen;
	read_shingles(whole, &all);
	read_shingles(shown, &seen);
	qsort(seen.items, seen.count, sizeof(uint64_t), compare);
	*out = (struct report_words){.all = (int64_t)all.count};
	/* The words before a fold stand beside others in the one text than in the other: what is
	 * shown next to them settles it. */
	for (size_t i = 0; i < all.count; i++) {
		bool is_shown = false;
		for (size_t k = 0; k < TOGETHER && k <= i && !is_shown; k++)
			is_shown = bsearch(&all.items[i - k], seen.items, seen.count,
					   sizeof(uint64_t), compare) != NULL;
		if (is_shown)
			continue;
		out->folded++;
		bool said = false;
		for (size_t k = 0; k < TOGETHER && k <= i && !said; k++)
			said = was_said(memory, mix(all.items[i - k], (uint64_t)thread_id));
		out->lost += !said;
	}
	for (size_t i = 0; i < all.count; i++)
		for (unsigned k = 0; k < PROBES; k++)
			(void)bit(memory, mix(all.items[i], (uint64_t)thread_id), k, true);
	free(all.items);
	free(seen.items);
}
