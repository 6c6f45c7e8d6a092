/* SPDX-License-Identifier: Apache-2.0 */
/* Rows gathered into an array in an arena, when their number is not known beforehand. */
#ifndef PARVIS_HOMESERVER_ROWS_H
#define PARVIS_HOMESERVER_ROWS_H

#include "common/base/arena.h"

/* Names: user ids, room ids, algorithms. */
struct str_list {
	struct str *items;
	size_t count;
};

/* Room for one element more behind `count`: `items` itself, or a copy of twice the size when the
 * count has reached a power of two. */
static inline void *rows_grow(struct arena *arena, void *items, size_t count, size_t size)
{
	if (count != 0 && (count < 8 || (count & (count - 1)) != 0))
		return items;
	void *bigger = arena_calloc(arena, count == 0 ? 8 : count * 2, size);
	if (count != 0)
		memcpy(bigger, items, count * size);
	return bigger;
}

/* A new zeroed last element of `list`, which has the members `items` and `count`. */
#define ROWS_ADD(arena, list)                                                                      \
	((list)->items = rows_grow((arena), (list)->items, (list)->count, sizeof(*(list)->items)), \
		&(list)->items[(list)->count++])

#endif
