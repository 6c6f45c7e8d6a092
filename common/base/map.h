/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash map from bytes to pointers, keyed with a random seed (SipHash) so that a hostile peer
 * cannot choose collisions. Keys are copied; values are borrowed. Not thread-safe.
 */
#ifndef PARVIS_BASE_MAP_H
#define PARVIS_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

struct map;

/* At most max_entries; map_put() then says STATUS_TOO_LARGE. */
struct map *map_new(size_t max_entries);
void map_free(struct map **map, void (*release)(void *value)); /* release may be NULL */

void *map_find(const struct map *map, struct str key); /* NULL when absent */
/* Puts or replaces; *old_out (may be NULL) gets the value replaced, or NULL. value is not NULL. */
MUST_CHECK enum status map_put(struct map *map, struct str key, void *value, void **old_out);
void *map_remove(struct map *map, struct str key); /* the value removed, or NULL */
size_t map_count(const struct map *map);

/* Visits all entries in no particular order. *cursor starts at 0; removing the entry just
 * visited is allowed, putting is not. */
bool map_next(const struct map *map, size_t *cursor, struct str *key_out, void **value_out);

#endif
