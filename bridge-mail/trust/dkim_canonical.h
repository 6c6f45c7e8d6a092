/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which DKIM signs headers and bodies (RFC 6376, 3.4). Lines may end with LF alone on
 * the way in; what is hashed has CR LF. */
#ifndef PARVIS_BRIDGE_DKIM_CANONICAL_H
#define PARVIS_BRIDGE_DKIM_CANONICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/crypto/hash.h"

/* A header as it stands, name and value with their folding; with or without the line's end.
 * Appended with CR LF at its end. */
void dkim_canonical_header(struct str raw, bool relaxed, struct buf *out);

/* A body's hash, in pieces of any size. */
struct dkim_body {
	bool relaxed;
	int64_t limit; /* bytes hashed at most (l=); -1: all */
	int64_t size;  /* in its form, so far */
	int64_t newlines;
	bool space;
	bool cr;
	bool content;
	size_t n;
	struct sha256_stream *hash;
	char out[4096];
};

void dkim_body_init(struct dkim_body *body, bool relaxed, int64_t limit);
void dkim_body_add(struct dkim_body *body, struct str bytes);
/* Releases. body->size is then the size of all of it. */
void dkim_body_finish(struct dkim_body *body, uint8_t hash_out[SHA256_BYTES]);

#endif
