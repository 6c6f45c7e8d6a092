/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/mem.h"

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
		cmocka_unit_test(a_size_that_overflows_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
