/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON straight into a buffer: no tree is built. The writer puts commas and checks that
 * keys and values alternate. Nesting up to 64. A call out of order ends the program under the
 * sanitizers; else it is logged, `broken` is set, and the buffer counts as overflowed from then on.
 *
 * Strings given must be UTF-8; a byte that is not becomes U+FFFD, so the output is always valid.
 */
#ifndef PARVIS_JSON_WRITER_H
#define PARVIS_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/str.h"

struct json;

struct json_writer {
	struct buf *out;
	unsigned depth;
	uint64_t has_member; /* one bit a level: a comma is due */
	uint64_t is_object;  /* one bit a level: keys are due */
	bool after_key;
	bool broken; /* a call came out of order: the text is worth nothing */
};

void jw_init(struct json_writer *w, struct buf *out);

void jw_object(struct json_writer *w);	   /* { */
void jw_object_end(struct json_writer *w); /* } */
void jw_array(struct json_writer *w);	   /* [ */
void jw_array_end(struct json_writer *w);  /* ] */
void jw_key(struct json_writer *w, const char *key);
void jw_key_str(struct json_writer *w, struct str key);

void jw_str(struct json_writer *w, struct str s);
void jw_c_str(struct json_writer *w, const char *s);
void jw_int(struct json_writer *w, int64_t value);
void jw_real(struct json_writer *w, double value); /* finite; integers print without exponent */
void jw_bool(struct json_writer *w, bool value);
void jw_null(struct json_writer *w);
/* Text that is one valid JSON value already, copied as it is (stored events). */
void jw_raw(struct json_writer *w, struct str json_text);
void jw_value(struct json_writer *w, const struct json *value);

/* key and value in one call, the common case */
void jw_put_str(struct json_writer *w, const char *key, struct str s);
void jw_put_c_str(struct json_writer *w, const char *key, const char *s);
void jw_put_int(struct json_writer *w, const char *key, int64_t value);
void jw_put_bool(struct json_writer *w, const char *key, bool value);
void jw_put_raw(struct json_writer *w, const char *key, struct str json_text);
void jw_put_value(struct json_writer *w, const char *key, const struct json *value);
void jw_put_object(struct json_writer *w, const char *key); /* key and { */
void jw_put_array(struct json_writer *w, const char *key);  /* key and [ */

#endif
