/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/filter.h"

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/room/event.h"

/* What filter_parse reads from, and where complaints go. */
struct reader {
	struct arena *arena;
	const char **why;
};

static enum status refuse(struct reader *r, const char *key, const char *what)
{
	if (r->why != NULL)
		*r->why = arena_printf(r->arena, "filter: \"%s\" %s", key, what).p;
	return STATUS_INVALID;
}

/* Absent and null leave the fallback. */
static const struct json *member(const struct json *object, const char *key)
{
	const struct json *value = json_get(object, key);

	return json_is(value, JSON_NULL) ? NULL : value;
}

static enum status read_names(
	struct reader *r, const struct json *object, const char *key, struct filter_names *out)
{
	const struct json *array = member(object, key);
	size_t count = json_count(array);

	if (array == NULL)
		return STATUS_OK;
	if (!json_is(array, JSON_ARRAY))
		return refuse(r, key, "must be a list of strings");
	if (count > FILTER_NAMES_MAX)
		return refuse(r, key, "has too many entries");
	out->present = true;
	out->items = ARENA_ARRAY(r->arena, struct str, count);
	for (size_t i = 0; i < count; i++) {
		const struct json *item = json_at(array, i);

		if (!json_is(item, JSON_STRING))
			return refuse(r, key, "must be a list of strings");
		out->items[out->count++] = json_str(item);
	}
	return STATUS_OK;
}

static enum status read_bool(
	struct reader *r, const struct json *object, const char *key, bool *out)
{
	const struct json *value = member(object, key);

	if (value != NULL && !json_is(value, JSON_BOOL))
		return refuse(r, key, "must be true or false");
	*out = json_bool(value, *out);
	return STATUS_OK;
}

static enum status read_limit(struct reader *r, const struct json *object, int64_t *out)
{
	const struct json *value = member(object, "limit");
	int64_t limit = json_int(value, 0);

	if (value == NULL)
		return STATUS_OK;
	/* Clients in the field send 0 for "as few as you can"; the least is 1. */
	if (!json_is(value, JSON_INT) || limit < 0)
		return refuse(r, "limit", "must be an integer greater than 0");
	*out = limit == 0 ? 1 : limit > FILTER_LIMIT_MAX ? FILTER_LIMIT_MAX : limit;
	return STATUS_OK;
}

static enum status read_url(struct reader *r, const struct json *object, enum filter_url *out)
{
	bool with = false;
	enum status status = read_bool(r, object, "contains_url", &with);

	if (status == STATUS_OK && member(object, "contains_url") != NULL)
		*out = with ? FILTER_URL_WITH : FILTER_URL_WITHOUT;
	return status;
}

static enum status read_event_filter(
	struct reader *r, const struct json *object, struct event_filter *out)
{
	enum status status;
	const struct {
		const char *key;
		struct filter_names *out;
	} names[] = {
		{"types", &out->types},
		{"not_types", &out->not_types},
		{"senders", &out->senders},
		{"not_senders", &out->not_senders},
		{"rooms", &out->rooms},
		{"not_rooms", &out->not_rooms},
	};
	const struct {
		const char *key;
		bool *out;
	} bools[] = {
		{"lazy_load_members", &out->lazy_load_members},
		{"include_redundant_members", &out->include_redundant_members},
		{"unread_thread_notifications", &out->unread_thread_notifications},
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		status = read_names(r, object, names[i].key, names[i].out);
		if (status != STATUS_OK)
			return status;
	}
	for (size_t i = 0; i < ARRAY_LEN(bools); i++) {
		status = read_bool(r, object, bools[i].key, bools[i].out);
		if (status != STATUS_OK)
			return status;
	}
	status = read_url(r, object, &out->url);
	if (status != STATUS_OK)
		return status;
	return read_limit(r, object, &out->limit);
}

static enum status read_part(
	struct reader *r, const struct json *object, const char *key, struct event_filter *out)
{
	const struct json *part = member(object, key);

	if (part == NULL)
		return STATUS_OK;
	if (!json_is(part, JSON_OBJECT))
		return refuse(r, key, "must be an object");
	return read_event_filter(r, part, out);
}

static enum status read_room(struct reader *r, const struct json *object, struct filter *out)
{
	const struct json *room = member(object, "room");
	enum status status;
	const struct {
		const char *key;
		struct event_filter *out;
	} parts[] = {
		{"timeline", &out->timeline},
		{"state", &out->state},
		{"ephemeral", &out->ephemeral},
		{"account_data", &out->room_account_data},
	};

	if (room == NULL)
		return STATUS_OK;
	if (!json_is(room, JSON_OBJECT))
		return refuse(r, "room", "must be an object");
	status = read_names(r, room, "rooms", &out->rooms);
	if (status == STATUS_OK)
		status = read_names(r, room, "not_rooms", &out->not_rooms);
	if (status == STATUS_OK)
		status = read_bool(r, room, "include_leave", &out->include_leave);
	for (size_t i = 0; status == STATUS_OK && i < ARRAY_LEN(parts); i++)
		status = read_part(r, room, parts[i].key, parts[i].out);
	return status;
}

static enum status read_form(struct reader *r, const struct json *object, struct filter *out)
{
	const struct json *format = member(object, "event_format");
	struct filter_names fields = {0};
	enum status status = read_names(r, object, "event_fields", &fields);

	if (status != STATUS_OK)
		return status;
	if (fields.count > FILTER_FIELDS_MAX)
		return refuse(r, "event_fields", "has too many entries");
	out->fields = fields.present ? json_get(object, "event_fields") : NULL;
	out->federation_format = str_eq(json_str(format), STR("federation"));
	if (format != NULL && !out->federation_format && !str_eq(json_str(format), STR("client")))
		return refuse(r, "event_format", "must be \"client\" or \"federation\"");
	return STATUS_OK;
}

enum status filter_parse(
	struct arena *arena, const struct json *json, struct filter *out, const char **why_out)
{
	struct reader r = {arena, why_out};
	struct filter filter = {0};
	enum status status;

	if (json != NULL && !json_is(json, JSON_OBJECT)) {
		if (why_out != NULL)
			*why_out = "filter: must be an object";
		return STATUS_INVALID;
	}
	status = read_form(&r, json, &filter);
	if (status == STATUS_OK)
		status = read_part(&r, json, "presence", &filter.presence);
	if (status == STATUS_OK)
		status = read_part(&r, json, "account_data", &filter.account_data);
	if (status == STATUS_OK)
		status = read_room(&r, json, &filter);
	if (status == STATUS_OK)
		*out = filter;
	return status;
}

enum status event_filter_parse(struct arena *arena, const struct json *json,
	struct event_filter *out, const char **why_out)
{
	struct reader r = {arena, why_out};
	struct event_filter filter = {0};
	enum status status;

	if (json != NULL && !json_is(json, JSON_OBJECT)) {
		if (why_out != NULL)
			*why_out = "filter: must be an object";
		return STATUS_INVALID;
	}
	status = read_event_filter(&r, json, &filter);
	if (status == STATUS_OK)
		*out = filter;
	return status;
}

bool filter_glob(struct str pattern, struct str text)
{
	/* Where to go on after the last '*': the star takes one byte more. */
	size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			star_text = t;
		} else if (p < pattern.n && pattern.p[p] == text.p[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool holds(const struct filter_names *names, struct str name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (str_eq(names->items[i], name))
			return true;
	}
	return false;
}

static bool holds_glob(const struct filter_names *names, struct str name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (filter_glob(names->items[i], name))
			return true;
	}
	return false;
}

bool event_filter_passes_type(const struct event_filter *filter, struct str type, struct str sender)
{
	if (holds_glob(&filter->not_types, type) ||
		(filter->types.present && !holds_glob(&filter->types, type)))
		return false;
	if (sender.p == NULL)
		return true;
	return !holds(&filter->not_senders, sender) &&
	       (!filter->senders.present || holds(&filter->senders, sender));
}

bool event_filter_passes_room(const struct event_filter *filter, struct str room_id)
{
	return !holds(&filter->not_rooms, room_id) &&
	       (!filter->rooms.present || holds(&filter->rooms, room_id));
}

bool filter_passes_room(const struct filter *filter, struct str room_id)
{
	return !holds(&filter->not_rooms, room_id) &&
	       (!filter->rooms.present || holds(&filter->rooms, room_id));
}

bool event_filter_passes(const struct event_filter *filter, const struct event *event)
{
	if (!event_filter_passes_type(filter, event->type, event->sender) ||
		!event_filter_passes_room(filter, event->room_id))
		return false;
	if (filter->url == FILTER_URL_ANY)
		return true;
	return json_is(json_get(event->content, "url"), JSON_STRING) ==
	       (filter->url == FILTER_URL_WITH);
}

bool event_filter_is_narrow(const struct event_filter *filter)
{
	return filter->types.present || filter->not_types.present || filter->senders.present ||
	       filter->not_senders.present || filter->rooms.present || filter->not_rooms.present ||
	       filter->url != FILTER_URL_ANY;
}
