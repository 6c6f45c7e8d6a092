/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Borrowed bytes: a pointer and a length, not owned, not NUL-terminated, perhaps holding NUL.
 * What comes from the network is a struct str until it has been checked.
 */
#ifndef PARVIS_BASE_STR_H
#define PARVIS_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/status.h"

struct str {
	const char *p; /* may be NULL only when n is 0 */
	size_t n;
};

/* A string literal as a struct str, usable in constant tables. */
#define STR(literal)	  ((struct str){(literal), sizeof(literal) - 1})
#define STR_INIT(literal) {(literal), sizeof(literal) - 1}
#define STR_EMPTY	  ((struct str){NULL, 0})
/* For "%.*s". */
#define STR_FMT(s) (int)(s).n, (s).p

static inline struct str str_c(const char *c_string)
{
	return c_string == NULL ? STR_EMPTY : (struct str){c_string, strlen(c_string)};
}

static inline struct str str_n(const char *p, size_t n)
{
	return (struct str){p, n};
}

bool str_eq(struct str a, struct str b);
bool str_eq_c(struct str a, const char *b);
/* ASCII letters only. */
bool str_eq_nocase(struct str a, struct str b);
int str_cmp(struct str a, struct str b); /* by bytes, which for UTF-8 is by code point */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_contains_nul(struct str s);

/* From byte `from` to the end; empty when from is past it. */
struct str str_skip(struct str s, size_t from);
struct str str_slice(struct str s, size_t from, size_t count);
struct str str_trim(struct str s); /* space, tab, CR, LF */

/* Index of the first / last `c`, or -1. */
ptrdiff_t str_index(struct str s, char c);
ptrdiff_t str_rindex(struct str s, char c);
ptrdiff_t str_find(struct str s, struct str needle);

/*
 * Cuts the part before the first `separator` off *rest. At the end of the text *rest becomes
 * {NULL, 0} and the next call returns false. An empty text gives one empty part.
 */
bool str_cut(struct str *rest, char separator, struct str *part_out);

/* Decimal digits with an optional '-', whole text, no overflow. */
MUST_CHECK enum status str_to_i64(struct str s, int64_t *out);
/* Valid UTF-8 as RFC 3629 (no surrogates, no overlong forms). */
bool str_is_utf8(struct str s);
/* Bytes of the one valid UTF-8 sequence that s starts with (1 to 4), or 0 when there is none. */
size_t str_utf8_first(struct str s);

#endif
