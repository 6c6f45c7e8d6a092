/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of lists, and extensions. */
#include "homeserver/sync/sliding_read.h"

#include "common/base/mem.h"

#define FILTER(key, kind, member) \
	{key, kind, false, offsetof(struct filter_fields, member), 0, false}

struct filter_fields {
	const struct json *dm, *encrypted, *invited;
	const struct json *spaces, *types, *not_types, *tags, *not_tags;
	struct str name_like;
};

static const struct json_field filter_fields[] = {
	FILTER("is_dm", FIELD_ANY, dm),
	FILTER("is_encrypted", FIELD_ANY, encrypted),
	FILTER("spaces", FIELD_ARRAY, spaces),
	FILTER("room_types", FIELD_ARRAY, types),
	FILTER("not_room_types", FIELD_ARRAY, not_types),
	FILTER("tags", FIELD_ARRAY, tags),
	FILTER("not_tags", FIELD_ARRAY, not_tags),
};
static const struct json_field invited_v4[] = {FILTER("is_invited", FIELD_ANY, invited)};
static const struct json_field invited_unstable[] = {
	FILTER("is_invite", FIELD_ANY, invited),
	FILTER("room_name_like", FIELD_STR, name_like),
};

static enum status read_choice(struct arena *arena, const char *key, const struct json *json,
	enum sliding_choice *out, const char **why_out)
{
	if (json == NULL || json_is(json, JSON_NULL))
		return STATUS_OK;
	if (!json_is(json, JSON_BOOL))
		return sliding_refuse(arena, why_out, key, "must be true or false");
	*out = json_bool(json, false) ? SLIDING_ONLY : SLIDING_WITHOUT;
	return STATUS_OK;
}

static enum status read_names(struct arena *arena, const char *key, const struct json *json,
	bool with_null, struct str_list *out, const char **why_out)
{
	if (json_count(json) > SLIDING_FILTER_NAMES_MAX)
		return sliding_refuse(arena, why_out, key, "has too many entries");
	for (size_t i = 0; i < json_count(json); i++) {
		const struct json *item = json_at(json, i);

		if (!json_is(item, JSON_STRING) && !(with_null && json_is(item, JSON_NULL)))
			return sliding_refuse(arena, why_out, key, "must hold strings");
		*ROWS_ADD(arena, out) = json_str(item);
	}
	return STATUS_OK;
}

static enum status read_lists_of_filter(struct arena *arena, const struct filter_fields *fields,
	struct sliding_filter *out, const char **why_out)
{
	enum status status =
		read_names(arena, "spaces", fields->spaces, false, &out->spaces, why_out);

	if (status == STATUS_OK)
		status = read_names(arena, "room_types", fields->types, true, &out->types, why_out);
	if (status == STATUS_OK)
		status = read_names(
			arena, "not_room_types", fields->not_types, true, &out->not_types, why_out);
	if (status == STATUS_OK)
		status = read_names(arena, "tags", fields->tags, false, &out->tags, why_out);
	if (status == STATUS_OK)
		status = read_names(
			arena, "not_tags", fields->not_tags, false, &out->not_tags, why_out);
	out->has_spaces = fields->spaces != NULL;
	out->has_types = fields->types != NULL;
	out->has_tags = fields->tags != NULL;
	return status;
}

enum status sliding_filter_read(struct arena *arena, const struct json *json,
	enum sliding_form form, struct sliding_filter *out, const char **why_out)
{
	const struct json_field *more = form == SLIDING_V4 ? invited_v4 : invited_unstable;
	size_t more_count =
		form == SLIDING_V4 ? ARRAY_LEN(invited_v4) : ARRAY_LEN(invited_unstable);
	struct filter_fields fields = {0};
	enum status status;

	if (json == NULL || json_is(json, JSON_NULL))
		return STATUS_OK;
	status = sliding_read(
		arena, json, filter_fields, ARRAY_LEN(filter_fields), &fields, why_out);
	if (status == STATUS_OK)
		status = sliding_read(arena, json, more, more_count, &fields, why_out);
	if (status == STATUS_OK)
		status = read_choice(arena, "is_dm", fields.dm, &out->dm, why_out);
	if (status == STATUS_OK)
		status = read_choice(
			arena, "is_encrypted", fields.encrypted, &out->encrypted, why_out);
	if (status == STATUS_OK)
		status = read_choice(arena, more[0].key, fields.invited, &out->invited, why_out);
	out->name_like = fields.name_like;
	return status == STATUS_OK ? read_lists_of_filter(arena, &fields, out, why_out) : status;
}

/* --- extensions --- */

struct scope_fields {
	bool enabled;
	const struct json *lists, *rooms;
};

static const struct json_field scope_fields[] = {
	{"enabled", FIELD_BOOL, false, offsetof(struct scope_fields, enabled), 0, false},
	{"lists", FIELD_ARRAY, false, offsetof(struct scope_fields, lists), 0, false},
	{"rooms", FIELD_ARRAY, false, offsetof(struct scope_fields, rooms), 0, false},
};

static bool has_star(const struct str_list *names)
{
	for (size_t i = 0; i < names->count; i++) {
		if (str_eq_c(names->items[i], "*"))
			return true;
	}
	return false;
}

static enum status read_scope(struct arena *arena, const struct json *json,
	struct sliding_scope *out, const char **why_out)
{
	struct scope_fields fields = {0};
	enum status status;

	if (json == NULL || json_is(json, JSON_NULL))
		return STATUS_OK;
	status = sliding_read(arena, json, scope_fields, ARRAY_LEN(scope_fields), &fields, why_out);
	if (status == STATUS_OK)
		status = read_names(arena, "lists", fields.lists, false, &out->lists, why_out);
	if (status == STATUS_OK)
		status = read_names(arena, "rooms", fields.rooms, false, &out->rooms, why_out);
	out->enabled = fields.enabled;
	out->all_lists = fields.lists == NULL || has_star(&out->lists);
	out->all_rooms = fields.rooms == NULL || has_star(&out->rooms);
	return status;
}

struct to_device_fields {
	bool enabled;
	int64_t limit;
	struct str since;
};

static const struct json_field to_device_fields[] = {
	{"enabled", FIELD_BOOL, false, offsetof(struct to_device_fields, enabled), 0, false},
	{"limit", FIELD_INT, false, offsetof(struct to_device_fields, limit), 0, false},
	{"since", FIELD_STR, false, offsetof(struct to_device_fields, since), 0, false},
};

static enum status read_to_device(struct arena *arena, const struct json *json,
	struct sliding_request *request, const char **why_out)
{
	struct to_device_fields fields = {.limit = SLIDING_TO_DEVICE_MAX};
	enum status status;

	if (json == NULL || json_is(json, JSON_NULL))
		return STATUS_OK;
	status = sliding_read(
		arena, json, to_device_fields, ARRAY_LEN(to_device_fields), &fields, why_out);
	if (status != STATUS_OK)
		return status;
	if (fields.since.p != NULL &&
		(str_to_i64(fields.since, &request->to_device.since) != STATUS_OK ||
			request->to_device.since < 0))
		return sliding_refuse(arena, why_out, "since", "is not a token of this server");
	request->to_device.enabled = fields.enabled;
	request->to_device.limit = fields.limit > SLIDING_TO_DEVICE_MAX || fields.limit < 1
					   ? SLIDING_TO_DEVICE_MAX
					   : fields.limit;
	return STATUS_OK;
}

enum status sliding_extensions_read(struct arena *arena, const struct json *json,
	struct sliding_request *request, const char **why_out)
{
	static const struct json_field e2ee_field = {"enabled", FIELD_BOOL, false, 0, 0, false};
	const struct json *e2ee = json_get(json, "e2ee");
	enum status status = STATUS_OK;

	if (e2ee != NULL && !json_is(e2ee, JSON_NULL))
		status = sliding_read(arena, e2ee, &e2ee_field, 1, &request->e2ee, why_out);
	if (status == STATUS_OK)
		status = read_to_device(arena, json_get(json, "to_device"), request, why_out);
	if (status == STATUS_OK)
		status = read_scope(
			arena, json_get(json, "account_data"), &request->account_data, why_out);
	if (status == STATUS_OK)
		status = read_scope(arena, json_get(json, "receipts"), &request->receipts, why_out);
	if (status == STATUS_OK)
		status = read_scope(arena, json_get(json, "typing"), &request->typing, why_out);
	return status;
}
