/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* Says why before it ends the program; allocates nothing itself. */
static _Noreturn void out_of_memory(void)
{
	static const char text[] = "<2>out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	abort();
}

void *mem_alloc(size_t size)
{
	return mem_calloc(1, size);
}

void *mem_calloc(size_t count, size_t size)
{
	/* calloc checks the multiplication; a size of 0 could give NULL. */
	void *p = count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *mem_realloc(void *p, size_t size)
{
	void *moved = realloc(p, size == 0 ? 1 : size);

	if (moved == NULL)
		out_of_memory();
	return moved;
}

char *mem_strdup(struct str s)
{
	char *copy;

	if (s.n == SIZE_MAX)
		out_of_memory();
	copy = mem_realloc(NULL, s.n + 1);
	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

void mem_return_large_blocks(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
}

void mem_share_pools(int count)
{
	(void)mallopt(M_ARENA_MAX, count);
}

void mem_give_back(void)
{
	(void)malloc_trim(0);
}

void mem_freep(void *pointer_to_pointer)
{
	void *p;

	/* The caller's pointer has a type of its own: copied as bytes, never through void **. */
	memcpy(&p, pointer_to_pointer, sizeof(p));
	free(p);
	p = NULL;
	memcpy(pointer_to_pointer, &p, sizeof(p));
}
