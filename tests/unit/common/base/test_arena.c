/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <stdalign.h>

#include "common/base/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
	ARENA_SCOPE(arena);

	(void)state;
	for (size_t size = 0; size < 5000; size += 37) {
		char *p = arena_alloc(arena, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0x5A, size);
	}
	assert_true(arena_used(arena) >= 37u * 135 * 134 / 2);
}

static void nothing_still_has_an_address_of_its_own(void **state)
{
	ARENA_SCOPE(arena);
	const char *a = arena_alloc(arena, 0);
	const char *b = arena_alloc(arena, 0);

	(void)state;
	assert_non_null(a);
	assert_ptr_not_equal(a, b);
	assert_string_equal(arena_c_str(arena, STR_EMPTY), "");
	check_str(arena_str(arena, STR_EMPTY), "");
}

static void large_blocks_stand_beside_small_ones(void **state)
{
	ARENA_SCOPE(arena);
	char *small = arena_alloc(arena, 16);
	char *large = arena_alloc(arena, 1 << 20);
	char *next = arena_alloc(arena, 16);

	(void)state;
	memset(large, 1, 1 << 20);
	memset(small, 2, 16);
	memset(next, 3, 16);
	assert_int_equal(large[0], 1);
	assert_int_equal(large[(1 << 20) - 1], 1);
}

static void texts(void **state)
{
	ARENA_SCOPE(arena);
	char long_text[1000];

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	check_str(arena_printf(arena, "%s-%d", "a", 7), "a-7");
	check_str(arena_printf(arena, "%s", long_text), long_text);
	assert_string_equal(arena_printf(arena, "%s", long_text).p, long_text);
	assert_string_equal(arena_c_str(arena, str_n("abc", 2)), "ab");
	assert_int_equal(arena_str(arena, STR("a\0b")).n, 3);
}

static char order[8];

static void note(void *object)
{
	strncat(order, object, 1);
}

static void deferred_work_runs_newest_first(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	order[0] = '\0';
	arena_defer(arena, note, arena_c_str(arena, STR("1")));
	arena_defer(arena, note, arena_c_str(arena, STR("2")));
	arena_defer(arena, note, arena_c_str(arena, STR("3")));
	arena_free(&arena);
	assert_null(arena);
	assert_string_equal(order, "321");
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(nothing_still_has_an_address_of_its_own),
		cmocka_unit_test(large_blocks_stand_beside_small_ones),
		cmocka_unit_test(texts),
		cmocka_unit_test(deferred_work_runs_newest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
