/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json.h"

#include <stdarg.h>

#include "common/json/jansson_private.h"

enum json_kind json_kind(const struct json *value)
{
	const json_t *inside = json_inside(value);

	if (inside == NULL)
		return JSON_NULL;
	switch (json_typeof(inside)) {
	case JANSSON_OBJECT:
		return JSON_OBJECT;
	case JANSSON_ARRAY:
		return JSON_ARRAY;
	case JANSSON_STRING:
		return JSON_STRING;
	case JSON_INTEGER:
		return JSON_INT;
	case JANSSON_REAL:
		return JSON_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_BOOL;
	case JANSSON_NULL:
		break;
	}
	return JSON_NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
	return json_outside(json_object_get(json_inside(object), key));
}

const struct json *json_get_str(const struct json *object, struct str key)
{
	/* By length: a key that holds NUL finds nothing, since no document has such a key. */
	return json_outside(
		json_object_getn(json_inside(object), key.p == NULL ? "" : key.p, key.n));
}

const struct json *json_path(const struct json *object, ...)
{
	const char *key;
	va_list keys;

	va_start(keys, object);
	while (object != NULL && (key = va_arg(keys, const char *)) != NULL)
		object = json_get(object, key);
	va_end(keys);
	return object;
}

struct str json_str(const struct json *value)
{
	if (!json_is(value, JSON_STRING))
		return STR_EMPTY;
	return str_n(json_string_value(json_inside(value)), json_string_length(json_inside(value)));
}

int64_t json_int(const struct json *value, int64_t fallback)
{
	return json_is(value, JSON_INT) ? json_integer_value(json_inside(value)) : fallback;
}

bool json_bool(const struct json *value, bool fallback)
{
	return json_is(value, JSON_BOOL) ? json_typeof(json_inside(value)) == JSON_TRUE : fallback;
}

double json_double(const struct json *value, double fallback)
{
	if (!json_is(value, JSON_REAL) && !json_is(value, JSON_INT))
		return fallback;
	return json_number_value(json_inside(value));
}

size_t json_count(const struct json *value)
{
	switch (json_kind(value)) {
	case JSON_ARRAY:
		return json_array_size(json_inside(value));
	case JSON_OBJECT:
		return json_object_size(json_inside(value));
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_INT:
	case JSON_REAL:
	case JSON_STRING:
		break;
	}
	return 0;
}

const struct json *json_at(const struct json *array, size_t index)
{
	return json_outside(json_array_get(json_inside(array), index));
}

/* jansson's iterators ask for a writable object, though they only read. */
static json_t *writable(const struct json *value)
{
	return (json_t *)(uintptr_t)value;
}

struct json_iter json_iter(const struct json *object)
{
	return (struct json_iter){.object = object, .position = json_object_iter(writable(object))};
}

bool json_next(struct json_iter *iter)
{
	if (iter->position == NULL)
		return false;
	iter->key = str_n(
		json_object_iter_key(iter->position), json_object_iter_key_len(iter->position));
	iter->value = json_outside(json_object_iter_value(iter->position));
	iter->position = json_object_iter_next(writable(iter->object), iter->position);
	return true;
}
