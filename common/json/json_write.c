/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/canonical.h"
#include "common/json/json.h"
#include "common/json/number.h"

/* Values were parsed and so are JSON_MAX_DEPTH deep at most: recursion ends.
 * NOLINTBEGIN(misc-no-recursion) */
static void write_object(const struct json *object, struct buf *out)
{
	struct json_iter i = json_iter(object);
	bool comma = false;

	buf_append_byte(out, '{');
	while (json_next(&i)) {
		if (comma)
			buf_append_byte(out, ',');
		comma = true;
		canonical_string(i.key, out);
		buf_append_byte(out, ':');
		json_write(i.value, out);
	}
	buf_append_byte(out, '}');
}

static void write_array(const struct json *array, struct buf *out)
{
	buf_append_byte(out, '[');
	for (size_t i = 0; i < json_count(array); i++) {
		if (i > 0)
			buf_append_byte(out, ',');
		json_write(json_at(array, i), out);
	}
	buf_append_byte(out, ']');
}

void json_write(const struct json *value, struct buf *out)
{
	switch (json_kind(value)) {
	case JSON_NULL:
		buf_append(out, STR("null"));
		break;
	case JSON_BOOL:
		buf_append(out, json_bool(value, false) ? STR("true") : STR("false"));
		break;
	case JSON_INT:
		number_write_int(json_int(value, 0), out);
		break;
	case JSON_REAL:
		number_write_real(json_double(value, 0), true, out);
		break;
	case JSON_STRING:
		canonical_string(json_str(value), out);
		break;
	case JSON_ARRAY:
		write_array(value, out);
		break;
	case JSON_OBJECT:
		write_object(value, out);
		break;
	}
}
/* NOLINTEND(misc-no-recursion) */
