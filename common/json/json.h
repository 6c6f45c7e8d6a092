/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON. The only owner of jansson.h.
 *
 * A document is parsed into an arena's lifetime and is read-only after that. Refused while
 * parsing: invalid UTF-8, lone surrogates, duplicate keys, nesting deeper than JSON_MAX_DEPTH,
 * more than JSON_MAX_VALUES values, integers outside 64 bits, bytes behind the value. A \u0000
 * inside a string is kept: lengths count, not terminators. Keys may not hold NUL.
 */
#ifndef PARVIS_JSON_JSON_H
#define PARVIS_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/str.h"

#define JSON_MAX_DEPTH	100
#define JSON_MAX_VALUES 250000 /* elements and members of one document: some 75 MB at worst */

struct json; /* one value; lives as long as the arena it was parsed into */

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_INT,
	JSON_REAL,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* STATUS_INVALID with a reason for people in *why_out (may be NULL; lives in the arena). */
MUST_CHECK enum status json_parse(
	struct arena *arena, struct str text, const struct json **out, const char **why_out);

enum json_kind json_kind(const struct json *value); /* value may be NULL: JSON_NULL */
static inline bool json_is(const struct json *value, enum json_kind kind)
{
	return value != NULL && json_kind(value) == kind;
}

/* The member, or NULL when absent or when `object` is not an object (or is NULL). */
const struct json *json_get(const struct json *object, const char *key);
const struct json *json_get_str(const struct json *object, struct str key);
/* A walk along keys: json_path(content, "m.relates_to", "event_id", NULL). */
const struct json *json_path(const struct json *object, ...) __attribute__((sentinel));

/* The value when it has the kind, else the fallback. */
struct str json_str(const struct json *value); /* {NULL, 0} when not a string */
int64_t json_int(const struct json *value, int64_t fallback);
bool json_bool(const struct json *value, bool fallback);
double json_double(const struct json *value, double fallback); /* integers too */

/* Elements of an array or members of an object; 0 for anything else. */
size_t json_count(const struct json *value);
const struct json *json_at(const struct json *array, size_t index); /* NULL past the end */

/* for (struct json_iter i = json_iter(object); json_next(&i);) { i.key, i.value } */
struct json_iter {
	struct str key;
	const struct json *value;
	const struct json *object;
	void *position;
};
struct json_iter json_iter(const struct json *object);
bool json_next(struct json_iter *iter);

/*
 * Reading an object through a table of fields into a struct. Each row names the key, what kind
 * it must have, whether it must be there, the place in the struct and a limit: bytes for a
 * string, elements for an array, the greatest value for an integer (the least is 0 unless
 * `negative`). 0 means no limit of its own.
 *
 *   FIELD_STR    struct str            FIELD_INT   int64_t
 *   FIELD_BOOL   bool                  FIELD_OBJECT, FIELD_ARRAY, FIELD_ANY  const struct json *
 *
 * Absent optional fields leave the struct's member as it was. JSON null counts as absent for
 * optional fields.
 */
enum json_field_kind {
	FIELD_STR,
	FIELD_INT,
	FIELD_BOOL,
	FIELD_OBJECT,
	FIELD_ARRAY,
	FIELD_ANY,
};

struct json_field {
	const char *key;
	enum json_field_kind kind;
	bool required;
	size_t offset;
	int64_t limit;
	bool negative;
};

enum json_fault { JSON_FAULT_NONE, JSON_FAULT_MISSING, JSON_FAULT_KIND, JSON_FAULT_LIMIT };

struct json_read_error {
	enum json_fault fault;
	const char *key; /* of the table's row; "" when the whole is not an object */
};

/* STATUS_INVALID with *error filled (may be NULL) at the first row that does not fit. NULL for
 * the object is read as an object without members. */
MUST_CHECK enum status json_read(const struct json *object, const struct json_field *fields,
	size_t field_count, void *into, struct json_read_error *error);

/* The value as compact JSON text, members in the order they were read. A real stays a real. */
void json_write(const struct json *value, struct buf *out);

#endif
