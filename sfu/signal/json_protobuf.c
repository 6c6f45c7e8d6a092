/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/json_protobuf.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/base/mem.h"
#include "common/crypto/base64.h"
#include "sfu/signal/arena_protobuf.h"

#define NAME_MAX_BYTES 64

static void json_name(const char *name, char out[NAME_MAX_BYTES])
{
	size_t n = 0;
	for (bool up = false; *name != '\0' && n < NAME_MAX_BYTES - 1; name++) {
		if (*name != '_')
			out[n++] = (char)(up ? toupper((unsigned char)*name) : *name);
		up = *name == '_';
	}
	out[n] = '\0';
}

static bool is_map(const ProtobufCFieldDescriptor *field)
{
	return field->label == PROTOBUF_C_LABEL_REPEATED &&
	       field->type == PROTOBUF_C_TYPE_MESSAGE &&
	       field->descriptor == &livekit__entry__descriptor;
}

/* Messages lie in each other as deep as the schema says, which is not recursive.
 * NOLINTBEGIN(misc-no-recursion) */
/* --- writing ---------------------------------------------------------------------------------- */

static void write_bytes(struct json_writer *w, const ProtobufCBinaryData *bytes)
{
	ARENA_SCOPE(arena);
	jw_str(w,
		base64_encode(arena, str_n((const char *)bytes->data, bytes->len), BASE64_PADDED));
}

static void write_i64(struct json_writer *w, int64_t value)
{
	char text[24];
	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	jw_c_str(w, text);
}

static void write_enum(struct json_writer *w, const ProtobufCFieldDescriptor *field, int value)
{
	const ProtobufCEnumValue *known =
		protobuf_c_enum_descriptor_get_value(field->descriptor, value);
	if (known != NULL)
		jw_c_str(w, known->name);
	else
		jw_int(w, value);
}

static void write_value(
	struct json_writer *w, const ProtobufCFieldDescriptor *field, const void *at)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		jw_int(w, *(const int32_t *)at);
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		jw_int(w, *(const uint32_t *)at);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		write_i64(w, *(const int64_t *)at);
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		jw_real(w, (double)*(const float *)at);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		jw_real(w, *(const double *)at);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		jw_bool(w, *(const protobuf_c_boolean *)at != 0);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		write_enum(w, field, *(const int *)at);
		break;
	case PROTOBUF_C_TYPE_STRING:
		jw_c_str(w, *(char *const *)at);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		write_bytes(w, at);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		json_protobuf_write(w, *(ProtobufCMessage *const *)at);
		break;
	}
}

static size_t size_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 4; /* booleans are ints here */
	}
}

static bool is_default(const ProtobufCFieldDescriptor *field, const void *at)
{
	static const char zeros[8];
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return *(char *const *)at == NULL || **(char *const *)at == '\0';
	if (field->type == PROTOBUF_C_TYPE_BYTES)
		return ((const ProtobufCBinaryData *)at)->len == 0;
	return memcmp(at, zeros, size_of(field->type)) == 0;
}

static void write_map(struct json_writer *w, Livekit__Entry *const *entries, size_t count)
{
	jw_object(w);
	for (size_t i = 0; i < count; i++) {
		jw_key(w, entries[i]->key);
		jw_c_str(w, entries[i]->value);
	}
	jw_object_end(w);
}

static void write_list(struct json_writer *w, const ProtobufCFieldDescriptor *field,
	const char *list, size_t count)
{
	jw_array(w);
	for (size_t i = 0; i < count; i++)
		write_value(w, field, list + i * size_of(field->type));
	jw_array_end(w);
}

void json_protobuf_write(struct json_writer *w, const ProtobufCMessage *message)
{
	jw_object(w);
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		const char *at = (const char *)message + field->offset;
		char name[NAME_MAX_BYTES];
		json_name(field->name, name);
		if (field->label != PROTOBUF_C_LABEL_REPEATED) {
			if (!is_default(field, at)) {
				jw_key(w, name);
				write_value(w, field, at);
			}
			continue;
		}
		size_t count = *(const size_t *)((const char *)message + field->quantifier_offset);
		if (count == 0)
			continue;
		jw_key(w, name);
		if (is_map(field))
			write_map(w, *(Livekit__Entry *const *const *)at, count);
		else
			write_list(w, field, *(const char *const *)at, count);
	}
	jw_object_end(w);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool read_number(const struct json *value, double least, double most, int64_t *out)
{
	if (json_is(value, JSON_STRING) && str_to_i64(json_str(value), out) == STATUS_OK)
		return (double)*out >= least && (double)*out <= most;
	double number = json_double(value, least - 1);
	if ((!json_is(value, JSON_INT) && !json_is(value, JSON_REAL)) || number < least ||
		number > most)
		return false;
	*out = json_is(value, JSON_INT) ? json_int(value, 0) : (int64_t)number;
	return true;
}

static bool read_enum(const ProtobufCFieldDescriptor *field, const struct json *value, int *out)
{
	int64_t number;
	if (json_is(value, JSON_STRING)) {
		char name[NAME_MAX_BYTES];
		(void)snprintf(name, sizeof(name), "%.*s", STR_FMT(json_str(value)));
		const ProtobufCEnumValue *known =
			protobuf_c_enum_descriptor_get_value_by_name(field->descriptor, name);
		*out = known == NULL ? 0 : known->value;
		return known != NULL;
	}
	if (!read_number(value, INT32_MIN, INT32_MAX, &number))
		return false;
	*out = (int)number;
	return true;
}

static bool read_bytes(struct arena *arena, const struct json *value, ProtobufCBinaryData *out)
{
	struct str text = json_str(value), bytes;
	if (!json_is(value, JSON_STRING) ||
		(base64_decode(arena, text, BASE64_PADDED, &bytes) != STATUS_OK &&
			base64_decode(arena, text, BASE64_UNPADDED, &bytes) != STATUS_OK &&
			base64_decode(arena, text, BASE64_URL_UNPADDED, &bytes) != STATUS_OK))
		return false;
	out->len = bytes.n;
	out->data = (uint8_t *)arena_c_str(arena, STR(""));
	if (bytes.n > 0) {
		out->data = arena_alloc(arena, bytes.n);
		memcpy(out->data, bytes.p, bytes.n);
	}
	return true;
}

static bool read_value(struct arena *arena, const ProtobufCFieldDescriptor *field,
	const struct json *value, void *at)
{
	int64_t number;
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
		if (!read_number(value, INT32_MIN, INT32_MAX, &number))
			return false;
		*(int32_t *)at = (int32_t)number;
		return true;
	case PROTOBUF_C_TYPE_UINT32:
		if (!read_number(value, 0, UINT32_MAX, &number))
			return false;
		*(uint32_t *)at = (uint32_t)number;
		return true;
	case PROTOBUF_C_TYPE_INT64:
		return read_number(value, -9e18, 9e18, at);
	case PROTOBUF_C_TYPE_FLOAT:
		*(float *)at = (float)json_double(value, 0);
		return json_is(value, JSON_INT) || json_is(value, JSON_REAL);
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)at = json_bool(value, false);
		return json_is(value, JSON_BOOL);
	case PROTOBUF_C_TYPE_ENUM:
		return read_enum(field, value, at);
	case PROTOBUF_C_TYPE_STRING:
		*(char **)at = arena_c_str(arena, json_str(value));
		return json_is(value, JSON_STRING);
	case PROTOBUF_C_TYPE_BYTES:
		return read_bytes(arena, value, at);
	case PROTOBUF_C_TYPE_MESSAGE:
		*(void **)at = json_protobuf_read(arena, field->descriptor, value);
		return *(void **)at != NULL;
	default: /* no message of ours has the others */
		return false;
	}
}

static bool read_map(struct arena *arena, const struct json *object, Livekit__Entry ***out)
{
	size_t n = 0;
	*out = ARENA_ARRAY(arena, Livekit__Entry *, json_count(object) + 1);
	for (struct json_iter i = json_iter(object); json_next(&i); n++) {
		if (!json_is(i.value, JSON_STRING))
			return false;
		Livekit__Entry *entry = ARENA_NEW(arena, Livekit__Entry);
		livekit__entry__init(entry);
		entry->key = arena_c_str(arena, i.key);
		entry->value = arena_c_str(arena, json_str(i.value));
		(*out)[n] = entry;
	}
	return json_is(object, JSON_OBJECT);
}

static bool read_repeated(struct arena *arena, const ProtobufCFieldDescriptor *field,
	const struct json *value, char *message)
{
	size_t count = json_count(value), size = size_of(field->type);
	void *at = message + field->offset;
	*(size_t *)(void *)(message + field->quantifier_offset) = count;
	if (is_map(field))
		return read_map(arena, value, at);
	if (!json_is(value, JSON_ARRAY))
		return false;
	char *list = arena_alloc(arena, (count + 1) * size);
	memset(list, 0, (count + 1) * size);
	*(char **)at = list;
	for (size_t i = 0; i < count; i++) {
		if (!read_value(arena, field, json_at(value, i), list + i * size))
			return false;
	}
	return true;
}

static const struct json *member(const struct json *object, const char *name)
{
	char camel[NAME_MAX_BYTES];
	json_name(name, camel);
	const struct json *value = json_get(object, camel);
	return value != NULL ? value : json_get(object, name);
}

void *json_protobuf_read(struct arena *arena, const ProtobufCMessageDescriptor *descriptor,
	const struct json *object)
{
	if (!json_is(object, JSON_OBJECT))
		return NULL;
	/* No bytes are a message in which nothing is set. */
	char *message = arena_unpack(arena, descriptor, STR_EMPTY);
	if (message == NULL)
		return NULL;
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		const struct json *value = member(object, field->name);
		if (value == NULL || json_is(value, JSON_NULL))
			continue;
		bool fine = field->label == PROTOBUF_C_LABEL_REPEATED
				    ? read_repeated(arena, field, value, message)
				    : read_value(arena, field, value, message + field->offset);
		if (!fine)
			return NULL;
	}
	return message;
}
/* NOLINTEND(misc-no-recursion) */
