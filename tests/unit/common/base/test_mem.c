/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/mem.h"

/* The sanitizers bring a heap of their own, which keeps what is freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECK_OWN_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CHECK_OWN_HEAP 1
#endif
#endif
#ifndef CHECK_OWN_HEAP
#define CHECK_OWN_HEAP 0
#endif

static void memory_is_zeroed_and_never_null(void **state)
{
	char *p = mem_calloc(3, 100);
	void *none = mem_alloc(0);

	(void)state;
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(p[i], 0);
	assert_non_null(none);
	none = mem_realloc(none, 0);
	assert_non_null(none);
	p = mem_realloc(p, 1000);
	assert_int_equal(p[299], 0);
	free(none);
	mem_freep(&p);
	assert_null(p);
	mem_freep(&p);
}

static void copies_end_with_nul(void **state)
{
	MEM_SCOPE char *copy = mem_strdup(str_n("abc", 2));
	MEM_SCOPE char *empty = mem_strdup(STR_EMPTY);
	MEM_SCOPE char *bytes = mem_strdup(STR("a\0b"));

	(void)state;
	assert_string_equal(copy, "ab");
	assert_string_equal(empty, "");
	assert_memory_equal(bytes, "a\0b", 4);
}

static size_t resident_bytes(void)
{
	size_t total = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%zu %zu", &total, &resident), 2);
	assert_int_equal(fclose(file), 0);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* A block in use at the end keeps glibc from shortening the heap by itself. */
static void freed_blocks_go_back(void **state)
{
	enum { BLOCKS = 4096, BYTES = 4096 };
	char **blocks = mem_calloc(BLOCKS, sizeof(*blocks));
	size_t full;

	(void)state;
	for (size_t i = 0; i < BLOCKS; i++) {
		blocks[i] = mem_alloc(BYTES);
		memset(blocks[i], 1, BYTES);
	}
	full = resident_bytes();
	for (size_t i = 0; i + 1 < BLOCKS; i++)
		free(blocks[i]);
	mem_give_back();
	if (!CHECK_OWN_HEAP)
		assert_true(resident_bytes() + (size_t)BLOCKS * BYTES / 2 < full);
	free(blocks[BLOCKS - 1]);
	free(blocks);
}

static void heap_overflow(void)
{
	free(mem_calloc(SIZE_MAX / 2, 3));
}

static void arena_overflow(void)
{
	ARENA_SCOPE(arena);

	arena_calloc(arena, SIZE_MAX / 2, 3);
}

/* Seen from a child, which must not come back from it. */
static void a_size_that_overflows_ends_the_program(void **state)
{
	static void (*const overflows[])(void) = {heap_overflow, arena_overflow};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(overflows); i++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0) {
			close(STDERR_FILENO);
			signal(SIGABRT, SIG_DFL);
			overflows[i]();
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_never_null),
		cmocka_unit_test(copies_end_with_nul),
		cmocka_unit_test(freed_blocks_go_back),
		cmocka_unit_test(a_size_that_overflows_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
