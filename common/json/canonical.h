/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical JSON (Matrix specification, appendices, "Canonical JSON"): the one text of a value,
 * for hashing and signing. Keys sorted by code point, no white space, integers within
 * ±(2^53 − 1), shortest escapes with lower-case \u00xx. A number written as a real is taken for
 * the integer that it is (1e10), as the specification's examples ask, or refused.
 */
#ifndef PARVIS_JSON_CANONICAL_H
#define PARVIS_JSON_CANONICAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

struct json;

#define CANONICAL_INT_MAX INT64_C(9007199254740991)

/* Appends the text. STATUS_INVALID on a fraction or an integer out of range (what was appended
 * until then stays); STATUS_TOO_LARGE when the buffer overflows. */
MUST_CHECK enum status canonical_write(const struct json *value, struct buf *out);
/* As above for an object, leaving out top-level members whose key is in `skip` (NULL-terminated).
 * Signing and hashing drop "signatures", "unsigned", "hashes" this way. */
MUST_CHECK enum status canonical_write_without(
	const struct json *object, const char *const *skip, struct buf *out);
/* The same for events of rooms that are older than the rule: fractions and integers of 64 bits stay
 * as they are, in the form that those events' hashes were made over (1.0, 50.57, 1e+16). */
MUST_CHECK enum status canonical_write_loose(const struct json *value, struct buf *out);
MUST_CHECK enum status canonical_write_without_loose(
	const struct json *object, const char *const *skip, struct buf *out);

/* One string with its quotes and escapes. A byte that is not UTF-8 becomes U+FFFD. */
void canonical_string(struct str s, struct buf *out);
/* Whether the value can be written canonically. */
bool canonical_ok(const struct json *value);

#endif
