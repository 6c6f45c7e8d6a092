/* SPDX-License-Identifier: Apache-2.0 */
/* "v=1; a=rsa-sha256; d=ville.example": the tag lists of DKIM and DMARC (RFC 6376, 3.2). */
#ifndef PARVIS_BRIDGE_TAGS_H
#define PARVIS_BRIDGE_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"

#define TAGS_MAX 40

struct tag {
	struct str name;
	struct str value; /* trimmed; white space inside stands as it came */
};

struct tags {
	struct tag items[TAGS_MAX];
	size_t count;
};

/* Borrows. STATUS_INVALID: a part without '=', a name that is none, the same name twice, more than
 * TAGS_MAX. */
MUST_CHECK enum status tags_read(struct str text, struct tags *out);
/* {NULL, 0} when there is none. */
struct str tags_find(const struct tags *tags, const char *name);
/* Without the white space that folding puts into long values. */
struct str tags_squeeze(struct arena *arena, struct str value);
/* Whether a ':'-separated list holds the word, in any case. */
bool tags_list_has(struct str list, const char *word);

#endif
