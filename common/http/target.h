/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request target in origin form (RFC 9112 section 3.2.1): cut at '?' and at each '/' while
 * raw, and only then decoded, each part once. So "%2F" never makes a segment and "//" makes an
 * empty one.
 */
#ifndef PARVIS_HTTP_TARGET_H
#define PARVIS_HTTP_TARGET_H

#include <stdbool.h>

#include "common/base/str.h"
#include "common/http/server.h"

enum target_fault {
	TARGET_OK,
	TARGET_FORM,   /* does not begin with '/', or holds a byte that no target may hold */
	TARGET_ESCAPE, /* '%' without two hexadecimal digits */
	TARGET_NUL,    /* "%00" */
	TARGET_UTF8,   /* a part does not decode to UTF-8 */
};

struct http_target {
	struct str path;  /* raw, up to '?' */
	struct str query; /* raw, behind it */
	/* Decoded; "/a/" has two, "a" and "". */
	struct str segments[HTTP_MAX_SEGMENTS];
	size_t count;	    /* at most HTTP_MAX_SEGMENTS */
	bool more;	    /* the path goes on behind them */
	struct str decoded; /* the whole path behind its first '/', decoded: holds the segments */
};

/* Borrows `raw`; writes at most raw.n bytes to `scratch`, which `out` borrows too. The query's
 * escapes are checked, not decoded. */
MUST_CHECK enum target_fault target_parse(struct str raw, char *scratch, struct http_target *out);

/* From segment `first` to the end, decoded, with its slashes. */
struct str target_tail(const struct http_target *target, size_t first);
/* A segment of the text is "." or "..". */
bool target_has_dots(struct str path);

/* Decodes one part into `out` (n bytes at most) and returns how many; '+' is a space when
 * `form`. The part's escapes were checked by target_parse(). */
size_t target_decode(struct str part, bool form, char *out);

#endif
