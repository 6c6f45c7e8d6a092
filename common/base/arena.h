/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that lives as long as one request, mail or signalling message. Nothing in it is freed by
 * hand; arena_free() gives everything back and runs what arena_defer() registered, newest first.
 *
 * Never returns NULL: out of memory aborts. What goes in is bounded by the limits on the input
 * (body caps, page sizes), so an arena needs no maximum of its own. One thread at a time.
 */
#ifndef PARVIS_BASE_ARENA_H
#define PARVIS_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "common/base/status.h"
#include "common/base/str.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena **arena);
static inline void arena_cleanup(struct arena **arena)
{
	arena_free(arena);
}
/* A local arena: ARENA_SCOPE(a); is freed at the end of the block. */
#define ARENA_SCOPE(name) __attribute__((cleanup(arena_cleanup))) struct arena *name = arena_new()

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
/* An array of count elements; aborts when count * size overflows. */
void *arena_calloc(struct arena *arena, size_t count, size_t size);
#define ARENA_NEW(arena, type)		((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_calloc((arena), (count), sizeof(type)))

/* Copies with a NUL behind the bytes. */
char *arena_c_str(struct arena *arena, struct str s);
struct str arena_str(struct arena *arena, struct str s);
struct str arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct str arena_vprintf(struct arena *arena, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

void arena_defer(struct arena *arena, void (*release)(void *object), void *object);
/* Bytes handed out so far, for metrics and tests. */
size_t arena_used(const struct arena *arena);

#endif
