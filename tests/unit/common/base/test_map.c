/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/map.h"
#include "common/base/siphash.h"

static void siphash_of_the_paper(void **state)
{
	/* The paper's appendix A: key 00 01 .. 0f, bytes 00 01 .. 0e. */
	const struct siphash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	char bytes[15];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	assert_true(siphash(&key, str_n(bytes, 15)) == UINT64_C(0xa129ca6149be45e5));
	/* The first two of the reference implementation's table. */
	assert_true(siphash(&key, STR_EMPTY) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(siphash(&key, str_n(bytes, 1)) == UINT64_C(0x74f839c593dc67fd));
}

static void putting_finding_removing(void **state)
{
	struct map *map = map_new(10);
	int a, b;
	void *old = &a;

	(void)state;
	assert_null(map_find(map, STR("x")));
	assert_null(map_remove(map, STR("x")));
	check_ok(map_put(map, STR("x"), &a, &old));
	assert_null(old);
	check_ok(map_put(map, STR("x"), &b, &old));
	assert_ptr_equal(old, &a);
	assert_int_equal(map_count(map), 1);
	assert_ptr_equal(map_find(map, STR("x")), &b);
	check_ok(map_put(map, STR_EMPTY, &a, NULL));
	check_ok(map_put(map, STR("x\0y"), &a, NULL));
	assert_ptr_equal(map_find(map, STR("")), &a);
	assert_ptr_equal(map_find(map, STR("x")), &b);
	assert_ptr_equal(map_find(map, STR("x\0y")), &a);
	assert_ptr_equal(map_remove(map, STR("x")), &b);
	assert_null(map_find(map, STR("x")));
	assert_int_equal(map_count(map), 2);
	map_free(&map, NULL);
	assert_null(map);
	map_free(&map, NULL);
}

static void it_keeps_its_maximum(void **state)
{
	struct map *map = map_new(2);
	int value;
	void *old;

	(void)state;
	check_ok(map_put(map, STR("a"), &value, NULL));
	check_ok(map_put(map, STR("b"), &value, NULL));
	check_status(map_put(map, STR("c"), &value, NULL), STATUS_TOO_LARGE);
	check_ok(map_put(map, STR("a"), &value, &old));
	assert_ptr_equal(map_remove(map, STR("a")), &value);
	check_ok(map_put(map, STR("c"), &value, NULL));
	map_free(&map, NULL);
}

#define MODEL 500

/* Random work beside an array that does the same. */
static void it_agrees_with_an_array(void **state)
{
	struct map *map = map_new(MODEL);
	int *model[MODEL] = {0};
	int values[2];
	unsigned random = 1;
	size_t live = 0;

	(void)state;
	for (int step = 0; step < 50000; step++) {
		char key[16];
		unsigned index;
		struct str s;

		random = random * 1103515245u + 12345u;
		index = (random >> 16) % MODEL;
		s = str_n(key, (size_t)snprintf(key, sizeof(key), "key%u", index));
		if ((random >> 8) % 3 != 0) {
			void *old;
			int *value = &values[(random >> 9) % 2];

			check_ok(map_put(map, s, value, &old));
			assert_ptr_equal(old, model[index]);
			live += model[index] == NULL;
			model[index] = value;
		} else {
			assert_ptr_equal(map_remove(map, s), model[index]);
			live -= model[index] != NULL;
			model[index] = NULL;
		}
		assert_int_equal(map_count(map), live);
		assert_ptr_equal(map_find(map, s), model[index]);
	}
	map_free(&map, NULL);
}

static void a_walk_visits_each_entry_once_while_removing(void **state)
{
	struct map *map = map_new(1000);
	bool seen[300] = {false};
	size_t cursor = 0, visited = 0;
	struct str key;
	void *value;

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		char name[8];
		int n = snprintf(name, sizeof(name), "%zu", i);

		check_ok(map_put(map, str_n(name, (size_t)n), &seen[i], NULL));
	}
	while (map_next(map, &cursor, &key, &value)) {
		bool *mark = value;

		assert_false(*mark);
		*mark = true;
		visited++;
		if (visited % 2 == 0)
			assert_ptr_equal(map_remove(map, key), value);
	}
	assert_int_equal(visited, 300);
	assert_int_equal(map_count(map), 150);
	map_free(&map, NULL);
}

static void freeing_releases_the_values(void **state)
{
	struct map *map = map_new(4);

	(void)state;
	check_ok(map_put(map, STR("a"), malloc(1), NULL));
	check_ok(map_put(map, STR("b"), malloc(1), NULL));
	free(map_remove(map, STR("b")));
	map_free(&map, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_of_the_paper),
		cmocka_unit_test(putting_finding_removing),
		cmocka_unit_test(it_keeps_its_maximum),
		cmocka_unit_test(it_agrees_with_an_array),
		cmocka_unit_test(a_walk_visits_each_entry_once_while_removing),
		cmocka_unit_test(freeing_releases_the_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
