/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/sliding_request.h"

#include "common/base/mem.h"
#include "common/json/json.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/sync/sliding_read.h"
#include "homeserver/sync/sync_request.h"

struct top {
	struct str conn_id, pos, txn_id, set_presence;
	int64_t timeout;
	const struct json *lists, *subscriptions, *extensions;
};

#define TOP(key, kind, member, limit) {key, kind, false, offsetof(struct top, member), limit, false}

static const struct json_field top_fields[] = {
	TOP("conn_id", FIELD_STR, conn_id, SLIDING_NAME_MAX),
	TOP("txn_id", FIELD_STR, txn_id, SLIDING_NAME_MAX),
	TOP("lists", FIELD_OBJECT, lists, 0),
	TOP("room_subscriptions", FIELD_OBJECT, subscriptions, 0),
	TOP("extensions", FIELD_OBJECT, extensions, 0),
};
/* What stands in the query in the unstable form. */
static const struct json_field top_fields_v4[] = {
	TOP("pos", FIELD_STR, pos, 0),
	TOP("timeout", FIELD_INT, timeout, 0),
	TOP("set_presence", FIELD_STR, set_presence, 0),
};

enum status sliding_refuse(
	struct arena *arena, const char **why_out, const char *key, const char *fault)
{
	*why_out = arena_c_str(arena, arena_printf(arena, "%s %s", key, fault));
	return STATUS_INVALID;
}

enum status sliding_read(struct arena *arena, const struct json *object,
	const struct json_field *fields, size_t count, void *into, const char **why_out)
{
	static const char *const faults[] = {
		[JSON_FAULT_NONE] = "is wrong",
		[JSON_FAULT_MISSING] = "is missing",
		[JSON_FAULT_KIND] = "has the wrong type",
		[JSON_FAULT_LIMIT] = "is too long or out of range",
	};
	struct json_read_error error = {JSON_FAULT_NONE, ""};

	if (json_read(object, fields, count, into, &error) == STATUS_OK)
		return STATUS_OK;
	return sliding_refuse(arena, why_out, error.key[0] == '\0' ? "the value" : error.key,
		faults[error.fault]);
}

static enum status read_timeout(
	struct arena *arena, struct str text, int64_t *out, const char **why_out)
{
	if (text.p == NULL || (str_to_i64(text, out) == STATUS_OK && *out >= 0))
		return STATUS_OK;
	return sliding_refuse(arena, why_out, "timeout", "must be a number of milliseconds");
}

static enum status read_pos(struct str pos, struct sliding_request *request)
{
	if (pos.p == NULL)
		return STATUS_OK;
	request->has_pos = true;
	/* A token of /sync is none, though it may look like one. */
	if (str_index(pos, '_') < 0 ||
		stream_token_parse_sync(pos, &request->position, &request->state_id) != STATUS_OK)
		return STATUS_NOT_FOUND;
	return STATUS_OK;
}

static enum status read_config(struct arena *arena, const struct json *json,
	const struct sliding_request *request, struct sliding_config *config, const char **why_out)
{
	bool is_v4 = request->form == SLIDING_V4;
	const struct json *state = json_get(json, "required_state");
	const struct json_field fields[] = {
		{"timeline_limit", FIELD_INT, is_v4,
			offsetof(struct sliding_config, timeline_limit), 0, false},
	};
	enum status status = sliding_read(arena, json, fields, ARRAY_LEN(fields), config, why_out);

	if (status != STATUS_OK)
		return status;
	if (config->timeline_limit > SLIDING_TIMELINE_MAX)
		config->timeline_limit = SLIDING_TIMELINE_MAX;
	if (is_v4)
		return sliding_rule_parse(arena, state, &config->rule, why_out);
	return sliding_rule_parse_pairs(arena, state, request->user_id, &config->rule, why_out);
}

static bool read_range(const struct json *json, struct sliding_range *out)
{
	out->first = json_int(json_at(json, 0), -1);
	out->last = json_int(json_at(json, 1), -1);
	return json_count(json) == 2 && out->first >= 0 && out->last >= 0;
}

static enum status read_ranges(struct arena *arena, const struct json *json, enum sliding_form form,
	struct sliding_list *list, const char **why_out)
{
	const char *key = form == SLIDING_V4 ? "range" : "ranges";
	const struct json *value = json_get(json, key);
	size_t count = form == SLIDING_V4 ? 1 : json_count(value);

	list->is_all =
		value == NULL || json_is(value, JSON_NULL) ||
		(form == SLIDING_UNSTABLE &&
			(count == 0 || json_bool(json_get(json, "slow_get_all_rooms"), false)));
	if (value != NULL && !json_is(value, JSON_NULL) && !json_is(value, JSON_ARRAY))
		return sliding_refuse(arena, why_out, key, "must be a list");
	if (list->is_all)
		return STATUS_OK;
	if (count > SLIDING_RANGES_MAX)
		return sliding_refuse(arena, why_out, key, "has too many entries");
	list->ranges.items = ARENA_ARRAY(arena, struct sliding_range, count);
	for (; list->ranges.count < count; list->ranges.count++) {
		const struct json *item =
			form == SLIDING_V4 ? value : json_at(value, list->ranges.count);

		if (!read_range(item, &list->ranges.items[list->ranges.count]))
			return sliding_refuse(arena, why_out, key,
				"must hold two numbers of at least 0: the first and the last "
				"index");
	}
	return STATUS_OK;
}

static enum status read_list(struct arena *arena, struct str key, const struct json *json,
	const struct sliding_request *request, struct sliding_list *list, const char **why_out)
{
	enum status status;

	list->key = key;
	if (key.n == 0 || key.n > SLIDING_NAME_MAX)
		return sliding_refuse(arena, why_out, "lists", "has a key that is too long");
	status = read_config(arena, json, request, &list->config, why_out);
	if (status == STATUS_OK)
		status = read_ranges(arena, json, request->form, list, why_out);
	if (status == STATUS_OK)
		status = sliding_filter_read(
			arena, json_get(json, "filters"), request->form, &list->filter, why_out);
	return status;
}

static enum status read_lists(struct arena *arena, const struct json *json,
	struct sliding_request *request, const char **why_out)
{
	size_t count = json_count(json);

	if (count > SLIDING_LISTS_MAX)
		return sliding_refuse(arena, why_out, "lists", "has more than 100 entries");
	request->lists = ARENA_ARRAY(arena, struct sliding_list, count + 1);
	for (struct json_iter i = json_iter(json); json_next(&i);) {
		enum status status = read_list(arena, i.key, i.value, request,
			&request->lists[request->list_count++], why_out);

		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static enum status read_subscriptions(struct arena *arena, const struct json *json,
	struct sliding_request *request, const char **why_out)
{
	size_t count = json_count(json);

	if (count > SLIDING_SUBSCRIPTIONS_MAX)
		return sliding_refuse(
			arena, why_out, "room_subscriptions", "has more than 100 entries");
	request->subscriptions = ARENA_ARRAY(arena, struct sliding_subscription, count + 1);
	for (struct json_iter i = json_iter(json); json_next(&i);) {
		struct sliding_subscription *subscription =
			&request->subscriptions[request->subscription_count++];
		enum status status =
			read_config(arena, i.value, request, &subscription->config, why_out);

		if (status != STATUS_OK)
			return status;
		subscription->room_id = i.key;
	}
	return STATUS_OK;
}

enum status sliding_request_parse(struct arena *arena, const struct json *body,
	const struct sliding_params *params, struct sliding_request *request, const char **why_out)
{
	struct top top = {0};
	enum status status =
		sliding_read(arena, body, top_fields, ARRAY_LEN(top_fields), &top, why_out);

	if (status == STATUS_OK && params == NULL)
		status = sliding_read(
			arena, body, top_fields_v4, ARRAY_LEN(top_fields_v4), &top, why_out);
	if (status == STATUS_OK)
		status = sync_presence_parse(
			params == NULL ? top.set_presence : params->set_presence,
			&request->set_presence, why_out);
	if (status == STATUS_OK && params != NULL)
		status = read_timeout(arena, params->timeout, &top.timeout, why_out);
	if (status != STATUS_OK)
		return status;
	request->conn_id = top.conn_id;
	request->txn_id = top.txn_id;
	request->timeout_ms =
		top.timeout > SLIDING_TIMEOUT_MAX_MS ? SLIDING_TIMEOUT_MAX_MS : top.timeout;
	status = read_lists(arena, top.lists, request, why_out);
	if (status == STATUS_OK)
		status = read_subscriptions(arena, top.subscriptions, request, why_out);
	if (status == STATUS_OK)
		status = sliding_extensions_read(arena, top.extensions, request, why_out);
	if (status == STATUS_OK)
		status = read_pos(params == NULL ? top.pos : params->pos, request);
	return status;
}
