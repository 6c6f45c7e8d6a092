/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define OWN_CHUNK_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_CHUNK_EACH 1
#endif
#endif
#ifndef OWN_CHUNK_EACH
#define OWN_CHUNK_EACH 0
#endif

/*
 * Chunks double from the first size to the last; what is larger gets a chunk of its own. Under
 * the address sanitizer everything does, so that it sees each overrun.
 */
#define FIRST_CHUNK 2048u
#define LAST_CHUNK  65536u

struct chunk {
	struct chunk *next;
	alignas(max_align_t) char bytes[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *object);
	void *object;
};

struct arena {
	struct chunk *chunks;
	struct deferred *deferred;
	char *free;    /* the next byte of the chunk under way */
	size_t left;   /* bytes behind it */
	size_t growth; /* size of the next chunk */
	size_t used;
};

struct arena *arena_new(void)
{
	struct arena *arena = MEM_NEW(struct arena);

	arena->growth = FIRST_CHUNK;
	return arena;
}

void arena_free(struct arena **arena)
{
	struct arena *a = *arena;
	struct deferred *deferred;

	if (a == NULL)
		return;
	*arena = NULL;
	while ((deferred = a->deferred) != NULL) {
		a->deferred = deferred->next;
		deferred->release(deferred->object);
	}
	while (a->chunks != NULL) {
		struct chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	free(a);
}

static char *chunk_add(struct arena *arena, size_t size)
{
	struct chunk *chunk = mem_realloc(NULL, sizeof(*chunk) + size);

	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk->bytes;
}

/* Bytes not zeroed yet; size is a multiple of the alignment, except under the sanitizer. */
static char *take(struct arena *arena, size_t size)
{
	char *p;

	if (OWN_CHUNK_EACH || size > arena->growth / 4)
		return chunk_add(arena, size);
	if (size > arena->left) {
		arena->free = chunk_add(arena, arena->growth);
		arena->left = arena->growth;
		if (arena->growth < LAST_CHUNK)
			arena->growth *= 2;
	}
	p = arena->free;
	arena->free += size;
	arena->left -= size;
	return p;
}

static char *alloc_raw(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);

	/* Two live objects never share an address, not even empty ones. */
	if (size == 0)
		size = 1;
	if (size > SIZE_MAX / 2)
		abort();
	if (!OWN_CHUNK_EACH)
		size = (size + align - 1) / align * align;
	arena->used += size;
	return take(arena, size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *p = alloc_raw(arena, size);

	memset(p, 0, size);
	return p;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		abort();
	return arena_alloc(arena, total);
}

char *arena_c_str(struct arena *arena, struct str s)
{
	char *copy = alloc_raw(arena, s.n + 1);

	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

struct str arena_str(struct arena *arena, struct str s)
{
	return (struct str){arena_c_str(arena, s), s.n};
}

struct str arena_printf(struct arena *arena, const char *fmt, ...)
{
	struct str text;
	va_list args;

	va_start(args, fmt);
	text = arena_vprintf(arena, fmt, args);
	va_end(args);
	return text;
}

struct str arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
	char small[256];
	va_list again;
	char *p;
	int n;

	va_copy(again, args);
	n = vsnprintf(small, sizeof(small), fmt, args);
	/* Only a text of 2 GiB fails here, which no bounded input makes. */
	if (n < 0)
		abort();
	if ((size_t)n < sizeof(small)) {
		va_end(again);
		return arena_str(arena, str_n(small, (size_t)n));
	}
	p = alloc_raw(arena, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct str){p, (size_t)n};
}

void arena_defer(struct arena *arena, void (*release)(void *object), void *object)
{
	struct deferred *deferred = ARENA_NEW(arena, struct deferred);

	assert(release != NULL);
	deferred->release = release;
	deferred->object = object;
	deferred->next = arena->deferred;
	arena->deferred = deferred;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
