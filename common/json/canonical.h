/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical JSON (Matrix specification, appendices, "Canonical JSON"): the one text of a value,
 * for hashing and signing. Keys sorted by code point, no white space, integers within
 * ±(2^53 − 1), no reals, shortest escapes with lower-case \u00xx.
 */
#ifndef PARVIS_JSON_CANONICAL_H
#define PARVIS_JSON_CANONICAL_H

#include "common/base/buf.h"
#include "common/base/str.h"

struct json;

#define CANONICAL_INT_MAX INT64_C(9007199254740991)

/* Appends the text. STATUS_INVALID on a real or an integer out of range (what was appended until
 * then stays); STATUS_TOO_LARGE when the buffer overflows. */
MUST_CHECK enum status canonical_write(const struct json *value, struct buf *out);
/* As above for an object, leaving out top-level members whose key is in `skip` (NULL-terminated).
 * Signing and hashing drop "signatures", "unsigned", "hashes" this way. */
MUST_CHECK enum status canonical_write_without(
	const struct json *object, const char *const *skip, struct buf *out);
/* One string with its quotes and escapes. */
void canonical_string(struct str s, struct buf *out);
/* Whether the value can be written canonically. */
bool canonical_ok(const struct json *value);

#endif
