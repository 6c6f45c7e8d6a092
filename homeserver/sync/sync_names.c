/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "homeserver/sync/sync_parts.h"

static int compare(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void sync_names_sort(struct str_list *names)
{
	if (names->count != 0)
		qsort(names->items, names->count, sizeof(struct str), compare);
}

bool sync_names_have(const struct str_list *sorted, struct str name)
{
	return sorted->count != 0 &&
	       bsearch(&name, sorted->items, sorted->count, sizeof(struct str), compare) != NULL;
}
