/* SPDX-License-Identifier: Apache-2.0 */
/* malloc that aborts instead of returning NULL, for long-lived objects with one owner. */
#ifndef PARVIS_BASE_MEM_H
#define PARVIS_BASE_MEM_H

#include <stddef.h>

#include "common/base/str.h"

void *mem_alloc(size_t size); /* zeroed */
void *mem_calloc(size_t count, size_t size);
void *mem_realloc(void *p, size_t size);
char *mem_strdup(struct str s);
#define MEM_NEW(type) ((type *)mem_alloc(sizeof(type)))

/*
 * Blocks of 1 MiB and more go back to the system when they are freed. By default glibc raises that
 * size to the largest block ever freed, so that each thread that had hashed a password once would
 * keep 19 MiB for good. Called once by main.
 */
void mem_return_large_blocks(void);

/*
 * Pages that hold nothing but freed blocks go back to the system; glibc by itself only gives back
 * the end of each heap, and keeps what a busy minute needed. Takes milliseconds, while other
 * threads' allocations may wait. Any thread.
 */
void mem_give_back(void);

/*
 * At most so many pools for all threads together. By default glibc gives each thread one of its own,
 * and what is free in one is of no use to the others: for programs with many threads that allocate
 * little at a time. Called once by main.
 */
void mem_share_pools(int count);

/* free() through a pointer to the pointer, for __attribute__((cleanup)). */
void mem_freep(void *pointer_to_pointer);
#define MEM_SCOPE __attribute__((cleanup(mem_freep)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
