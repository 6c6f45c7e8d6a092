/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/sync/sync_request.h"

#include "common/json/json.h"
#include "homeserver/store/filter_store.h"
#include "homeserver/stream/stream_token.h"

static enum status read_flag(struct str text, const char *complaint, bool *out, const char **why)
{
	if (text.p == NULL)
		return STATUS_OK;
	if (!str_eq_c(text, "true") && !str_eq_c(text, "false")) {
		*why = complaint;
		return STATUS_INVALID;
	}
	*out = str_eq_c(text, "true");
	return STATUS_OK;
}

static enum status read_since(struct str since, struct sync_request *request, const char **why)
{
	if (since.p == NULL || since.n == 0)
		return STATUS_OK;
	if (stream_token_parse_sync(since, &request->since, &request->since_to_device) == STATUS_OK)
		return STATUS_OK;
	*why = "since is not a token of this server";
	return STATUS_INVALID;
}

static enum status read_timeout(struct str text, struct sync_request *request, const char **why)
{
	int64_t timeout = 0;

	if (text.p != NULL && (str_to_i64(text, &timeout) != STATUS_OK || timeout < 0)) {
		*why = "timeout must be a number of milliseconds";
		return STATUS_INVALID;
	}
	request->timeout_ms = timeout > SYNC_TIMEOUT_MAX_MS ? SYNC_TIMEOUT_MAX_MS : timeout;
	return STATUS_OK;
}

enum status sync_presence_parse(struct str text, enum presence_wish *out, const char **why_out)
{
	static const enum presence_wish wishes[] = {
		[PRESENCE_OFFLINE] = PRESENCE_WISH_OFFLINE,
		[PRESENCE_UNAVAILABLE] = PRESENCE_WISH_UNAVAILABLE,
		[PRESENCE_ONLINE] = PRESENCE_WISH_ONLINE,
	};
	enum presence_state state = PRESENCE_ONLINE;

	if (text.p == NULL || presence_parse(text, &state)) {
		*out = wishes[state];
		return STATUS_OK;
	}
	*why_out = "set_presence must be online, offline or unavailable";
	return STATUS_INVALID;
}

static enum status load_filter(struct db *db, struct arena *arena,
	const struct sync_request *request, struct str filter, struct str *text_out,
	const char **why)
{
	int64_t id;
	enum status status = STATUS_NOT_FOUND;

	if (filter.p[0] == '{') {
		*text_out = filter;
		return STATUS_OK;
	}
	if (str_to_i64(filter, &id) == STATUS_OK)
		status = filter_get(db, arena, request->user_id, id, text_out);
	if (status != STATUS_NOT_FOUND)
		return status;
	*why = "filter: you have no filter of that id";
	return STATUS_INVALID;
}

static enum status read_filter(struct db *db, struct arena *arena, struct str filter,
	struct sync_request *request, const char **why)
{
	const struct json *json;
	struct str text;
	enum status status;

	if (filter.p == NULL || filter.n == 0)
		return filter_parse(arena, NULL, &request->filter, why);
	status = load_filter(db, arena, request, filter, &text, why);
	if (status != STATUS_OK)
		return status;
	status = json_parse(arena, text, &json, why);
	if (status != STATUS_OK)
		return status;
	return filter_parse(arena, json, &request->filter, why);
}

static enum status read_state_form(
	const struct sync_params *params, struct sync_request *request, const char **why)
{
	bool stable = false, unstable = false;
	enum status status = read_flag(
		params->use_state_after, "use_state_after must be true or false", &stable, why);

	if (status == STATUS_OK)
		status = read_flag(params->unstable_use_state_after,
			"org.matrix.msc4222.use_state_after must be true or false", &unstable, why);
	if (stable)
		request->state_form = SYNC_STATE_AFTER;
	else if (unstable)
		request->state_form = SYNC_STATE_AFTER_UNSTABLE;
	return status;
}

enum status sync_request_parse(struct db *db, struct arena *arena, const struct sync_params *params,
	struct sync_request *request, const char **why_out)
{
	enum status status = read_since(params->since, request, why_out);

	if (status == STATUS_OK)
		status = read_timeout(params->timeout, request, why_out);
	if (status == STATUS_OK)
		status = read_flag(params->full_state, "full_state must be true or false",
			&request->full_state, why_out);
	if (status == STATUS_OK)
		status = sync_presence_parse(params->set_presence, &request->set_presence, why_out);
	if (status == STATUS_OK)
		status = read_state_form(params, request, why_out);
	if (status == STATUS_OK)
		status = read_filter(db, arena, params->filter, request, why_out);
	return status;
}
