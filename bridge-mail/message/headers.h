/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The headers of a mail as they stand (RFC 5322, 2.2), read by a plain scan in our own process:
 * names and unfolded values, nothing decoded. Enough for what the bridge must know even when the
 * MIME parser gives a mail up: ids, trace, what kind of mail it is.
 */
#ifndef PARVIS_BRIDGE_HEADERS_H
#define PARVIS_BRIDGE_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/str.h"

#define HEADERS_MAX_BYTES (256 * 1024)
#define HEADERS_MAX	  1000

struct header {
	struct str name;
	struct str value; /* unfolded, trimmed, bytes as they came but for CR, LF and NUL */
};

struct headers {
	struct header *items;
	size_t count;
	size_t body_at; /* where the body starts; the text's length when there is none */
};

/* What is past the limits, and lines that are no header, are left out. `text` is the start of the
 * mail, HEADERS_MAX_BYTES of it suffice. Everything lives in the arena. */
void headers_read(struct arena *arena, struct str text, struct headers *out);

/* The first of that name; {NULL, 0} when there is none. */
struct str headers_find(const struct headers *headers, const char *name);
bool headers_has(const struct headers *headers, const char *name);
unsigned headers_count(const struct headers *headers, const char *name);

#endif
