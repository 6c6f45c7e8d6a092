/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of the server-side key backup (specification, "Server-side key backups"). The keys in
 * them are in api/room_keys_keys.c. */
#include "common/base/buf.h"
#include "homeserver/api/api.h"
#include "homeserver/store/backup_store.h"

static enum http_outcome version_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome version_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome version_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome version_delete(struct http_request *request, struct http_reply *reply);

#define ROOM_KEYS     "/_matrix/client/r0|v3|unstable/room_keys/version"
#define ALGORITHM_MAX 255

static const struct http_route rows[] = {
	{HTTP_POST, ROOM_KEYS, AUTH_USER, LIMIT_NONE, BODY_JSON, 0, version_post},
	{HTTP_GET, ROOM_KEYS, AUTH_USER, LIMIT_READ, BODY_NONE, 0, version_get},
	{HTTP_GET, ROOM_KEYS "/{version}", AUTH_USER, LIMIT_READ, BODY_NONE, 0, version_get},
	{HTTP_PUT, ROOM_KEYS "/{version}", AUTH_USER, LIMIT_NONE, BODY_JSON, 0, version_put},
	{HTTP_DELETE, ROOM_KEYS "/{version}", AUTH_USER, LIMIT_NONE, BODY_NONE, 0, version_delete},
};
const struct http_routes api_room_keys_routes = {rows, ARRAY_LEN(rows)};

struct version_body {
	struct str algorithm;
	const struct json *auth_data;
	struct str version;
};

static const struct json_field version_fields[] = {
	{"algorithm", FIELD_STR, true, offsetof(struct version_body, algorithm), ALGORITHM_MAX,
		false},
	{"auth_data", FIELD_OBJECT, true, offsetof(struct version_body, auth_data), 0, false},
	{"version", FIELD_STR, false, offsetof(struct version_body, version), 0, false},
};

struct version_change {
	struct str user_id;
	int64_t version;
	struct str algorithm;
	struct str auth_data;
};

static enum http_outcome unknown_version(struct http_reply *reply)
{
	return http_error(reply, 404, "M_NOT_FOUND", "Unknown backup version");
}

/* false: numbers that are longer when written out made it too large; the reply is filled. */
static bool object_text(struct http_request *request, struct http_reply *reply,
	const struct json *object, struct str *out)
{
	BUF_SCOPE(text, HTTP_BODY_DEFAULT * 2);
	json_write(object, &text);
	if (buf_status(&text) != STATUS_OK) {
		http_error(reply, 413, "M_TOO_LARGE", "auth_data is too large");
		return false;
	}
	*out = arena_str(request->arena, buf_str(&text));
	return true;
}

static enum status create_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct version_change *change = arg;
	return backup_store_create(
		tx, change->user_id, change->algorithm, change->auth_data, &change->version);
}

static enum http_outcome version_post(struct http_request *request, struct http_reply *reply)
{
	struct version_body body = {0};
	if (!API_READ_BODY(request, reply, version_fields, &body))
		return HTTP_REPLY;
	struct version_change change = {
		.user_id = api_requester(request)->user_id, .algorithm = body.algorithm};
	if (!object_text(request, reply, body.auth_data, &change.auth_data))
		return HTTP_REPLY;
	enum status status = api_write(request, create_change, &change);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "version",
		arena_printf(request->arena, "%lld", (long long)change.version));
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

/* The version that the path names, or the current one. */
static enum status find_version(struct http_request *request, struct backup *out)
{
	struct str user_id = api_requester(request)->user_id;
	int64_t version;
	if (request->param_count == 0)
		return backup_store_current(api_db(request), request->arena, user_id, out);
	if (str_to_i64(request->params[0], &version) != STATUS_OK)
		return STATUS_NOT_FOUND;
	return backup_store_find(api_db(request), request->arena, user_id, version, out);
}

static enum http_outcome version_get(struct http_request *request, struct http_reply *reply)
{
	struct backup backup;
	enum status status = find_version(request, &backup);
	if (status == STATUS_NOT_FOUND && request->param_count == 0)
		return http_error(reply, 404, "M_NOT_FOUND", "No current backup version");
	if (status == STATUS_NOT_FOUND)
		return unknown_version(reply);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	struct json_writer *w = &reply->json;
	jw_object(w);
	jw_put_str(w, "algorithm", backup.algorithm);
	jw_put_raw(w, "auth_data", backup.auth_data);
	jw_put_int(w, "count", backup.count);
	jw_put_str(w, "etag", arena_printf(request->arena, "%lld", (long long)backup.etag));
	jw_put_str(w, "version", arena_printf(request->arena, "%lld", (long long)backup.version));
	jw_object_end(w);
	return HTTP_REPLY;
}

static enum status auth_data_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct version_change *change = arg;
	return backup_store_set_auth_data(tx, change->user_id, change->version, change->auth_data);
}

static enum http_outcome version_put(struct http_request *request, struct http_reply *reply)
{
	struct version_body body = {0};
	struct backup backup;
	if (!API_READ_BODY(request, reply, version_fields, &body))
		return HTTP_REPLY;
	enum status status = find_version(request, &backup);
	if (status == STATUS_NOT_FOUND)
		return unknown_version(reply);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	if (body.version.p != NULL && !str_eq(body.version, request->params[0]))
		return http_error(reply, 400, "M_INVALID_PARAM",
			"The version of the body is not that of the path");
	if (!str_eq(body.algorithm, backup.algorithm))
		return http_error(reply, 400, "M_INVALID_PARAM", "Algorithm does not match");
	struct version_change change = {
		.user_id = api_requester(request)->user_id, .version = backup.version};
	if (!object_text(request, reply, body.auth_data, &change.auth_data))
		return HTTP_REPLY;
	status = api_write(request, auth_data_change, &change);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

static enum status delete_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct version_change *change = arg;
	return backup_store_delete(tx, change->user_id, change->version);
}

static enum http_outcome version_delete(struct http_request *request, struct http_reply *reply)
{
	struct backup backup;
	enum status status = find_version(request, &backup);
	if (status == STATUS_NOT_FOUND)
		return unknown_version(reply);
	struct version_change change = {
		.user_id = api_requester(request)->user_id, .version = backup.version};
	if (status == STATUS_OK)
		status = api_write(request, delete_change, &change);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}
