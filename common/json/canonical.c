/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/canonical.h"

#include <math.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/json/number.h"

/* Objects up to this size are sorted without an allocation. */
#define FEW_MEMBERS 24u

struct member {
	struct str key;
	const struct json *value;
};

/* Values were parsed and so are JSON_MAX_DEPTH deep at most: recursion ends.
 * NOLINTBEGIN(misc-no-recursion) */
static enum status write_value(const struct json *value, bool loose, struct buf *out);

static bool integer_of(const struct json *value, int64_t *out)
{
	double real;

	if (json_kind(value) == JSON_INT) {
		*out = json_int(value, 0);
		return *out >= -CANONICAL_INT_MAX && *out <= CANONICAL_INT_MAX;
	}
	real = json_double(value, 0);
	if (fabs(real) > (double)CANONICAL_INT_MAX || real != trunc(real))
		return false;
	*out = (int64_t)real;
	return true;
}

static int by_key(const void *a, const void *b)
{
	const struct member *left = a, *right = b;

	return str_cmp(left->key, right->key);
}

static bool is_skipped(struct str key, const char *const *skip)
{
	if (skip == NULL)
		return false;
	for (; *skip != NULL; skip++) {
		if (str_eq_c(key, *skip))
			return true;
	}
	return false;
}

static enum status write_members(
	const struct member *members, size_t count, bool loose, struct buf *out)
{
	buf_append_byte(out, '{');
	for (size_t i = 0; i < count; i++) {
		enum status status;

		if (i > 0)
			buf_append_byte(out, ',');
		canonical_string(members[i].key, out);
		buf_append_byte(out, ':');
		status = write_value(members[i].value, loose, out);
		if (status != STATUS_OK)
			return status;
	}
	buf_append_byte(out, '}');
	return STATUS_OK;
}

static enum status write_object(
	const struct json *object, const char *const *skip, bool loose, struct buf *out)
{
	struct member few[FEW_MEMBERS];
	MEM_SCOPE struct member *many = NULL;
	struct member *members = few;
	struct json_iter i = json_iter(object);
	size_t count = 0;

	if (json_count(object) > FEW_MEMBERS) {
		many = mem_calloc(json_count(object), sizeof(*many));
		members = many;
	}
	while (json_next(&i)) {
		if (!is_skipped(i.key, skip))
			members[count++] = (struct member){i.key, i.value};
	}
	qsort(members, count, sizeof(*members), by_key);
	return write_members(members, count, loose, out);
}

static enum status write_array(const struct json *array, bool loose, struct buf *out)
{
	buf_append_byte(out, '[');
	for (size_t i = 0; i < json_count(array); i++) {
		enum status status;

		if (i > 0)
			buf_append_byte(out, ',');
		status = write_value(json_at(array, i), loose, out);
		if (status != STATUS_OK)
			return status;
	}
	buf_append_byte(out, ']');
	return STATUS_OK;
}

static enum status write_number(const struct json *value, bool loose, struct buf *out)
{
	int64_t number;

	if (loose && json_kind(value) == JSON_REAL) {
		number_write_real(json_double(value, 0), true, out);
		return STATUS_OK;
	}
	number = json_int(value, 0);
	if (!loose && !integer_of(value, &number))
		return STATUS_INVALID;
	number_write_int(number, out);
	return STATUS_OK;
}

static enum status write_value(const struct json *value, bool loose, struct buf *out)
{

	switch (json_kind(value)) {
	case JSON_NULL:
		buf_append(out, STR("null"));
		break;
	case JSON_BOOL:
		buf_append(out, json_bool(value, false) ? STR("true") : STR("false"));
		break;
	case JSON_INT:
	case JSON_REAL:
		return write_number(value, loose, out);
	case JSON_STRING:
		canonical_string(json_str(value), out);
		break;
	case JSON_ARRAY:
		return write_array(value, loose, out);
	case JSON_OBJECT:
		return write_object(value, NULL, loose, out);
	}
	return STATUS_OK;
}

static enum status write_whole(const struct json *value, bool loose, struct buf *out)
{
	enum status status = write_value(value, loose, out);

	return status != STATUS_OK ? status : buf_status(out);
}

static enum status write_without(
	const struct json *object, const char *const *skip, bool loose, struct buf *out)
{
	enum status status;

	if (!json_is(object, JSON_OBJECT))
		return STATUS_INVALID;
	status = write_object(object, skip, loose, out);
	return status != STATUS_OK ? status : buf_status(out);
}

enum status canonical_write(const struct json *value, struct buf *out)
{
	return write_whole(value, false, out);
}

enum status canonical_write_loose(const struct json *value, struct buf *out)
{
	return write_whole(value, true, out);
}

enum status canonical_write_without(
	const struct json *object, const char *const *skip, struct buf *out)
{
	return write_without(object, skip, false, out);
}

enum status canonical_write_without_loose(
	const struct json *object, const char *const *skip, struct buf *out)
{
	return write_without(object, skip, true, out);
}

bool canonical_ok(const struct json *value)
{
	struct json_iter i;
	int64_t number;

	switch (json_kind(value)) {
	case JSON_INT:
	case JSON_REAL:
		return integer_of(value, &number);
	case JSON_ARRAY:
		for (size_t index = 0; index < json_count(value); index++) {
			if (!canonical_ok(json_at(value, index)))
				return false;
		}
		return true;
	case JSON_OBJECT:
		for (i = json_iter(value); json_next(&i);) {
			if (!canonical_ok(i.value))
				return false;
		}
		return true;
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_STRING:
		break;
	}
	return true;
}

/* NOLINTEND(misc-no-recursion) */

/* The escape of a byte that cannot stand as it is: '"', '\' and what is below 0x20. */
static void write_escape(unsigned char byte, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[0x20] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	const char numbered[6] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
	const char lettered[2] = {'\\', byte < 0x20 ? letters[byte] : (char)byte};

	if (lettered[1] != '\0')
		buf_append(out, str_n(lettered, sizeof(lettered)));
	else
		buf_append(out, str_n(numbered, sizeof(numbered)));
}

/* Bytes at the start of s that are valid and need no escape. */
static size_t plain_prefix(struct str s)
{
	size_t n = 0;

	while (n < s.n) {
		unsigned char byte = (unsigned char)s.p[n];
		size_t length = byte < 0x80 ? 1 : str_utf8_first(str_skip(s, n));

		if (byte < 0x20 || byte == '"' || byte == '\\' || length == 0)
			break;
		n += length;
	}
	return n;
}

void canonical_string(struct str s, struct buf *out)
{
	buf_append_byte(out, '"');
	for (;;) {
		size_t plain = plain_prefix(s);

		buf_append(out, str_n(s.p, plain));
		s = str_skip(s, plain);
		if (s.n == 0)
			break;
		if ((unsigned char)s.p[0] < 0x80)
			write_escape((unsigned char)s.p[0], out);
		else
			buf_append(out, STR("\xEF\xBF\xBD"));
		s = str_skip(s, 1);
	}
	buf_append_byte(out, '"');
}
