/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Filtering". */
#include "homeserver/sync/filter.h"
#include "homeserver/api/api.h"
#include "homeserver/store/filter_store.h"

#define FILTER_MAX_BYTES (64 * 1024)

static enum http_outcome filter_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome filter_get_one(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_POST, "/_matrix/client/r0|v3/user/{user}/filter", AUTH_USER, LIMIT_READ, BODY_JSON,
		FILTER_MAX_BYTES, filter_post},
	{HTTP_GET, "/_matrix/client/r0|v3/user/{user}/filter/{filter}", AUTH_USER, LIMIT_READ,
		BODY_NONE, 0, filter_get_one},
};

const struct http_routes api_filter_routes = {routes, ARRAY_LEN(routes)};

static bool is_own(struct http_request *request, struct http_reply *reply)
{
	if (str_eq(request->params[0], api_requester(request)->user_id))
		return true;
	(void)http_error(reply, 403, "M_FORBIDDEN", "You cannot see or set others' filters");
	return false;
}

struct filter_change {
	struct str user_id;
	struct str content;
	int64_t filter_id;
};

static enum status filter_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct filter_change *change = arg;
	return filter_put(tx, change->user_id, change->content, &change->filter_id);
}

static enum http_outcome filter_post(struct http_request *request, struct http_reply *reply)
{
	struct filter filter;
	const char *why = "This is not a filter";
	if (!is_own(request, reply))
		return HTTP_REPLY;
	if (filter_parse(request->arena, request->json, &filter, &why) != STATUS_OK)
		return http_error(reply, 400, "M_BAD_JSON", "%s", why);
	BUF_SCOPE(text, FILTER_MAX_BYTES);
	json_write(request->json, &text);
	if (buf_status(&text) != STATUS_OK)
		return api_status(reply, STATUS_TOO_LARGE, "The filter is too large");
	struct filter_change change = {
		.user_id = request->params[0],
		.content = buf_str(&text),
	};
	enum status status = api_write(request, filter_change, &change);
	if (status == STATUS_TOO_LARGE)
		return api_status(reply, status, "There are too many filters already");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	struct str filter_id = arena_printf(request->arena, "%lld", (long long)change.filter_id);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "filter_id", filter_id);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome filter_get_one(struct http_request *request, struct http_reply *reply)
{
	int64_t filter_id;
	struct str content;
	if (!is_own(request, reply))
		return HTTP_REPLY;
	enum status status = str_to_i64(request->params[1], &filter_id);
	if (status == STATUS_OK)
		status = filter_get(
			api_db(request), request->arena, request->params[0], filter_id, &content);
	if (status == STATUS_NOT_FOUND || status == STATUS_INVALID)
		return http_error(reply, 404, "M_NOT_FOUND", "There is no such filter");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_raw(&reply->json, content);
	return HTTP_REPLY;
}
