/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Client Config". */
#include "common/matrix/ids.h"
#include "homeserver/api/api.h"
#include "homeserver/push/push_rules.h"
#include "homeserver/push/unread.h"
#include "homeserver/room/ignored_users.h"
#include "homeserver/store/account_data_store.h"
#include "homeserver/stream/streams.h"

#define TYPE_MAX_BYTES 255

static enum http_outcome data_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome data_put(struct http_request *request, struct http_reply *reply);

#define GLOBAL "/_matrix/client/r0|v3/user/{user}/account_data/{type}"
#define ROOM   "/_matrix/client/r0|v3/user/{user}/rooms/{room}/account_data/{type}"

static const struct http_route routes[] = {
	{HTTP_GET, GLOBAL, AUTH_USER, LIMIT_READ, BODY_NONE, 0, data_get},
	{HTTP_PUT, GLOBAL, AUTH_USER, LIMIT_WRITE, BODY_JSON, ACCOUNT_DATA_MAX_BYTES, data_put},
	{HTTP_GET, ROOM, AUTH_USER, LIMIT_READ, BODY_NONE, 0, data_get},
	{HTTP_PUT, ROOM, AUTH_USER, LIMIT_WRITE, BODY_JSON, ACCOUNT_DATA_MAX_BYTES, data_put},
};

const struct http_routes api_account_data_routes = {routes, ARRAY_LEN(routes)};

/* Parts of the path: user, then room where there is one, then type. */
struct data_path {
	struct str room_id; /* {NULL, 0}: global */
	struct str type;
};

static bool read_path(struct http_request *request, struct http_reply *reply, struct data_path *out)
{
	*out = (struct data_path){.type = request->params[request->param_count - 1]};
	if (request->param_count == 3)
		out->room_id = request->params[1];
	if (!str_eq(request->params[0], api_requester(request)->user_id))
		(void)http_error(
			reply, 403, "M_FORBIDDEN", "You cannot see or set others' account data");
	else if (out->room_id.p != NULL && !room_id_ok(out->room_id))
		(void)http_error(reply, 400, "M_INVALID_PARAM", "This is not a room id");
	else if (out->type.n > TYPE_MAX_BYTES)
		(void)http_error(reply, 400, "M_INVALID_PARAM", "The type is too long");
	else
		return true;
	return false;
}

static enum http_outcome data_get(struct http_request *request, struct http_reply *reply)
{
	struct data_path path;
	struct str content;
	if (!read_path(request, reply, &path))
		return HTTP_REPLY;
	if (path.room_id.p == NULL && str_eq_c(path.type, "m.push_rules")) {
		enum status status = push_rules_write(api_db(request), request->arena,
			api_requester(request)->user_id, &reply->json);
		return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
	}
	enum status status = account_data_get(api_db(request), request->arena,
		api_requester(request)->user_id, path.room_id, path.type, &content);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "There is no such account data");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_raw(&reply->json, content);
	return HTTP_REPLY;
}

struct data_change {
	struct str user_id;
	struct account_data data;
};

static enum status data_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct data_change *change = arg;
	change->data.position = stream_next(tx);
	enum status status = account_data_put(tx, change->user_id, &change->data);
	if (status != STATUS_OK)
		return status;
	stream_touch_user(tx, change->user_id);
	/* What notifies depends on whom the user ignores. */
	if (change->data.room_id.p == NULL && str_eq(change->data.type, IGNORED_USERS_TYPE))
		return unread_forget_rules(tx, change->user_id);
	return STATUS_OK;
}

static enum http_outcome data_put(struct http_request *request, struct http_reply *reply)
{
	struct data_path path;
	if (!read_path(request, reply, &path))
		return HTTP_REPLY;
	if (str_eq_c(path.type, "m.fully_read") || str_eq_c(path.type, "m.push_rules"))
		return http_error(reply, 405, "M_BAD_JSON", "%.*s cannot be set through this API",
			STR_FMT(path.type));
	BUF_SCOPE(text, ACCOUNT_DATA_MAX_BYTES);
	json_write(request->json, &text);
	if (buf_status(&text) != STATUS_OK)
		return api_status(reply, STATUS_TOO_LARGE, "The account data is too large");
	struct data_change change = {
		.user_id = api_requester(request)->user_id,
		.data = {.room_id = path.room_id, .type = path.type, .content = buf_str(&text)},
	};
	enum status status = api_write(request, data_change, &change);
	if (status == STATUS_TOO_LARGE)
		return api_status(reply, status, "There is too much account data already");
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}
