/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json/json.h"

static const enum json_kind kinds[] = {
	[FIELD_STR] = JSON_STRING,
	[FIELD_INT] = JSON_INT,
	[FIELD_BOOL] = JSON_BOOL,
	[FIELD_OBJECT] = JSON_OBJECT,
	[FIELD_ARRAY] = JSON_ARRAY,
};

static bool within_limit(const struct json_field *field, const struct json *value)
{
	uint64_t limit = field->limit > 0 ? (uint64_t)field->limit : UINT64_MAX;
	int64_t number;

	switch (field->kind) {
	case FIELD_STR:
		return json_str(value).n <= limit;
	case FIELD_OBJECT:
	case FIELD_ARRAY:
		return json_count(value) <= limit;
	case FIELD_INT:
		number = json_int(value, 0);
		if (number < 0)
			return field->negative;
		return (uint64_t)number <= limit;
	case FIELD_BOOL:
	case FIELD_ANY:
		break;
	}
	return true;
}

static void store(const struct json_field *field, const struct json *value, void *into)
{
	void *place = (char *)into + field->offset;

	switch (field->kind) {
	case FIELD_STR:
		*(struct str *)place = json_str(value);
		break;
	case FIELD_INT:
		*(int64_t *)place = json_int(value, 0);
		break;
	case FIELD_BOOL:
		*(bool *)place = json_bool(value, false);
		break;
	case FIELD_OBJECT:
	case FIELD_ARRAY:
	case FIELD_ANY:
		*(const struct json **)place = value;
		break;
	}
}

static enum json_fault read_field(
	const struct json *object, const struct json_field *field, void *into)
{
	const struct json *value = json_get(object, field->key);

	if (value == NULL)
		return field->required ? JSON_FAULT_MISSING : JSON_FAULT_NONE;
	if (!field->required && json_kind(value) == JSON_NULL)
		return JSON_FAULT_NONE;
	if (field->kind != FIELD_ANY && json_kind(value) != kinds[field->kind])
		return JSON_FAULT_KIND;
	if (!within_limit(field, value))
		return JSON_FAULT_LIMIT;
	store(field, value, into);
	return JSON_FAULT_NONE;
}

enum status json_read(const struct json *object, const struct json_field *fields,
	size_t field_count, void *into, struct json_read_error *error)
{
	if (object != NULL && json_kind(object) != JSON_OBJECT) {
		if (error != NULL)
			*error = (struct json_read_error){JSON_FAULT_KIND, ""};
		return STATUS_INVALID;
	}
	for (size_t i = 0; i < field_count; i++) {
		enum json_fault fault = read_field(object, &fields[i], into);

		if (fault == JSON_FAULT_NONE)
			continue;
		if (error != NULL)
			*error = (struct json_read_error){fault, fields[i].key};
		return STATUS_INVALID;
	}
	return STATUS_OK;
}
