/* SPDX-License-Identifier: Apache-2.0 */
/* Growing lists in an arena, for the store's files only. */
#ifndef PARVIS_HOMESERVER_ROW_LIST_H
#define PARVIS_HOMESERVER_ROW_LIST_H

#include <string.h>

#include "common/base/arena.h"

/* Room for one more item behind `count`: items itself, or a copy twice as large when count is a
 * power of two (or 0). */
static inline void *row_list_grow(struct arena *arena, void *items, size_t count, size_t item_size)
{
	if ((count & (count - 1)) != 0)
		return items;
	void *grown = arena_calloc(arena, count == 0 ? 1 : 2 * count, item_size);
	if (count != 0)
		memcpy(grown, items, count * item_size);
	return grown;
}

/* The address of a new zeroed last item of a list {items, count}. */
#define ROW_LIST_ADD(arena, list)                                                  \
	((list)->items = row_list_grow(                                            \
		 (arena), (list)->items, (list)->count, sizeof((list)->items[0])), \
		&(list)->items[(list)->count++])

#endif
