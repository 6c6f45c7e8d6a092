/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/push/conditions.h"

#include "common/base/mem.h"
#include "common/json/json.h"

/* --- reading --- */

bool condition_path(struct arena *arena, struct str text, struct str out[CONDITION_MAX_DEPTH],
	size_t *depth_out)
{
	char *name = ARENA_ARRAY(arena, char, text.n + 1);
	size_t n = 0;
	size_t depth = 0;
	for (size_t i = 0; i <= text.n; i++) {
		bool escaped = i + 1 < text.n && text.p[i] == '\\' &&
			       (text.p[i + 1] == '.' || text.p[i + 1] == '\\');
		if (i < text.n && (escaped || text.p[i] != '.')) {
			i += escaped ? 1 : 0;
			name[n++] = text.p[i];
			continue;
		}
		if (depth == CONDITION_MAX_DEPTH)
			return false;
		out[depth++] = (struct str){name, n};
		name += n;
		n = 0;
	}
	*depth_out = depth;
	return true;
}

static bool read_count(struct str is, struct condition *out)
{
	static const struct {
		struct str prefix;
		enum condition_compare compare;
	} prefixes[] = {{STR_INIT("=="), COMPARE_EQ}, {STR_INIT("<="), COMPARE_LE},
		{STR_INIT(">="), COMPARE_GE}, {STR_INIT("<"), COMPARE_LT},
		{STR_INIT(">"), COMPARE_GT}};
	out->compare = COMPARE_EQ;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (str_starts(is, prefixes[i].prefix)) {
			out->compare = prefixes[i].compare;
			is = str_skip(is, prefixes[i].prefix.n);
			break;
		}
	return str_to_i64(is, &out->number) == STATUS_OK;
}

/* The value of property_is and property_contains: a string, an integer, a boolean or null. */
static bool read_value(const struct json *value, struct condition *out)
{
	out->value = value;
	out->is_user = str_eq(json_str(value), CONDITION_USER);
	switch (json_kind(value)) {
	case JSON_STRING:
	case JSON_INT:
	case JSON_BOOL:
		return true;
	case JSON_NULL:
		return value != NULL;
	case JSON_REAL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return false;
}

static bool read_pattern(struct arena *arena, const struct json *pattern, struct condition *out)
{
	if (!json_is(pattern, JSON_STRING))
		return false;
	out->is_user = str_eq(json_str(pattern), CONDITION_USER);
	out->is_body = out->depth == 2 && str_eq(out->path[0], STR("content")) &&
		       str_eq(out->path[1], STR("body"));
	out->pattern = glob_fold(arena, json_str(pattern));
	return true;
}

static enum condition_kind kind_of(struct str name)
{
	static const struct {
		struct str name;
		enum condition_kind kind;
	} kinds[] = {
		{STR_INIT("event_match"), CONDITION_EVENT_MATCH},
		{STR_INIT("event_property_is"), CONDITION_PROPERTY_IS},
		{STR_INIT("event_property_contains"), CONDITION_PROPERTY_CONTAINS},
		{STR_INIT("contains_display_name"), CONDITION_DISPLAY_NAME},
		{STR_INIT("room_member_count"), CONDITION_MEMBER_COUNT},
		{STR_INIT("sender_notification_permission"), CONDITION_SENDER_PERMISSION},
	};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(kinds[i].name, name))
			return kinds[i].kind;
	return CONDITION_UNKNOWN;
}

void condition_read(struct arena *arena, const struct json *json, struct condition *out)
{
	*out = (struct condition){.kind = kind_of(json_str(json_get(json, "kind")))};
	const struct json *key = json_get(json, "key");
	bool has_path = json_is(key, JSON_STRING) &&
			condition_path(arena, json_str(key), out->path, &out->depth);
	bool ok = false;
	switch (out->kind) {
	case CONDITION_UNKNOWN:
		break;
	case CONDITION_EVENT_MATCH:
		ok = has_path && read_pattern(arena, json_get(json, "pattern"), out);
		break;
	case CONDITION_PROPERTY_IS:
	case CONDITION_PROPERTY_CONTAINS:
		ok = has_path && read_value(json_get(json, "value"), out);
		break;
	case CONDITION_DISPLAY_NAME:
		ok = true;
		break;
	case CONDITION_MEMBER_COUNT:
		ok = read_count(json_str(json_get(json, "is")), out);
		break;
	case CONDITION_SENDER_PERMISSION:
		out->key = json_str(key);
		ok = out->key.p != NULL;
		break;
	}
	if (!ok)
		out->kind = CONDITION_UNKNOWN;
}

/* --- judging --- */

/* The property of the event; NULL when it is absent. */
static const struct json *find_property(
	const struct condition *condition, const struct condition_event *event)
{
	const struct json *at = event->pdu;
	for (size_t i = 0; i < condition->depth; i++)
		at = json_get_str(at, condition->path[i]);
	return at;
}

/* The string at the path. Ids that the event does not carry itself are known from its place. */
static struct str find_string(
	const struct condition *condition, const struct condition_event *event)
{
	if (condition->depth == 1 && str_eq(condition->path[0], STR("room_id")))
		return event->room_id;
	if (condition->depth == 1 && str_eq(condition->path[0], STR("event_id")))
		return event->event_id;
	return json_str(find_property(condition, event));
}

static const struct folded *body_of(struct condition_event *event)
{
	if (!event->has_body) {
		event->body = glob_fold(
			event->arena, json_str(json_path(event->pdu, "content", "body", NULL)));
		event->has_body = true;
	}
	return &event->body;
}

static bool event_match(const struct condition *condition, struct condition_event *event,
	struct str user_id, uint64_t *budget)
{
	struct str text = find_string(condition, event);
	if (text.p == NULL)
		return false;
	if (condition->is_user)
		return str_eq(text, user_id);
	if (condition->is_body)
		return glob_matches_words(condition->pattern, *body_of(event), budget);
	return glob_matches(condition->pattern, glob_fold(event->arena, text), budget);
}

static bool value_is(
	const struct condition *condition, const struct json *value, struct str user_id)
{
	if (condition->is_user)
		return json_is(value, JSON_STRING) && str_eq(json_str(value), user_id);
	if (value == NULL || json_kind(value) != json_kind(condition->value))
		return false;
	switch (json_kind(value)) {
	case JSON_STRING:
		return str_eq(json_str(value), json_str(condition->value));
	case JSON_INT:
		return json_int(value, 0) == json_int(condition->value, 1);
	case JSON_BOOL:
		return json_bool(value, false) == json_bool(condition->value, true);
	case JSON_NULL:
		return true;
	case JSON_REAL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return false;
}

static bool property_contains(const struct condition *condition,
	const struct condition_event *event, struct str user_id, uint64_t *budget)
{
	const struct json *array = find_property(condition, event);
	if (!json_is(array, JSON_ARRAY))
		return false;
	for (size_t i = 0; i < json_count(array) && *budget > 0; i++, --*budget)
		if (value_is(condition, json_at(array, i), user_id))
			return true;
	return false;
}

static bool contains_name(struct condition_event *event, struct str user_id, uint64_t *budget)
{
	struct str name = event->display_name(event, user_id);
	return name.n > 0 &&
	       glob_finds_words(glob_fold(event->arena, name), *body_of(event), budget);
}

static bool compare(enum condition_compare how, int64_t value, int64_t number)
{
	switch (how) {
	case COMPARE_EQ:
		return value == number;
	case COMPARE_LT:
		return value < number;
	case COMPARE_GT:
		return value > number;
	case COMPARE_LE:
		return value <= number;
	case COMPARE_GE:
		return value >= number;
	}
	return false;
}

bool condition_matches(const struct condition *condition, struct condition_event *event,
	struct str user_id, uint64_t *budget)
{
	switch (condition->kind) {
	case CONDITION_UNKNOWN:
		return false;
	case CONDITION_EVENT_MATCH:
		return event_match(condition, event, user_id, budget);
	case CONDITION_PROPERTY_IS:
		return value_is(condition, find_property(condition, event), user_id);
	case CONDITION_PROPERTY_CONTAINS:
		return property_contains(condition, event, user_id, budget);
	case CONDITION_DISPLAY_NAME:
		return contains_name(event, user_id, budget);
	case CONDITION_MEMBER_COUNT:
		return compare(condition->compare, event->member_count, condition->number);
	case CONDITION_SENDER_PERMISSION:
		return event->may_notify(event, condition->key);
	}
	return false;
}
