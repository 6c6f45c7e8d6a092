/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dehydrated devices (MSC3814): a device without a session that takes in encrypted messages while
 * its user is signed out everywhere, and is brought back to life at the next sign-in.
 */
#include "homeserver/api/keys.h"
#include "homeserver/api/session.h"
#include "homeserver/store/device_store.h"
#include "homeserver/store/to_device_store.h"

static enum http_outcome device_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome device_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome device_end(struct http_request *request, struct http_reply *reply);
static enum http_outcome events_read(struct http_request *request, struct http_reply *reply);

#define DEHYDRATED "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"

static const struct http_route routes[] = {
	{HTTP_GET, DEHYDRATED, AUTH_USER, LIMIT_READ, BODY_NONE, 0, device_get},
	{HTTP_PUT, DEHYDRATED, AUTH_USER, LIMIT_WRITE, BODY_JSON, KEYS_UPLOAD_MAX, device_put},
	{HTTP_DELETE, DEHYDRATED, AUTH_USER, LIMIT_WRITE, BODY_JSON_OPTIONAL, 0, device_end},
	{HTTP_GET, DEHYDRATED "/{device}/events", AUTH_USER, LIMIT_READ, BODY_NONE, 0, events_read},
	{HTTP_POST, DEHYDRATED "/{device}/events", AUTH_USER, LIMIT_READ, BODY_JSON_OPTIONAL, 0,
		events_read},
};

extern const struct http_routes api_dehydrated_routes;
const struct http_routes api_dehydrated_routes = {routes, ARRAY_LEN(routes)};

static enum http_outcome fail(struct http_reply *reply, enum status status)
{
	return api_status(reply, status,
		status == STATUS_NOT_FOUND ? "You have no such dehydrated device" : NULL);
}

static enum http_outcome answer_id(struct http_reply *reply, struct str device_id)
{
	jw_object(&reply->json);
	jw_put_str(&reply->json, "device_id", device_id);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum status find(struct http_request *request, struct dehydrated_device *out)
{
	return dehydrated_device_find(
		api_db(request), request->arena, api_requester(request)->user_id, out);
}

static enum http_outcome device_get(struct http_request *request, struct http_reply *reply)
{
	struct dehydrated_device device;
	enum status status = find(request, &device);
	if (status != STATUS_OK)
		return fail(reply, status);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "device_id", device.device_id);
	jw_put_raw(&reply->json, "device_data", device.device_data);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

struct put_body {
	struct str device_id;
	struct str display_name;
	const struct json *device_data;
	struct keys_upload_body keys;
};

static const struct json_field put_fields[] = {
	{"device_id", FIELD_STR, true, offsetof(struct put_body, device_id), DEVICE_ID_MAX, false},
	{"initial_device_display_name", FIELD_STR, false, offsetof(struct put_body, display_name),
		DEVICE_NAME_MAX, false},
	{"device_data", FIELD_OBJECT, true, offsetof(struct put_body, device_data), 0, false},
	{"device_keys", FIELD_OBJECT, true, offsetof(struct put_body, keys.device_keys), 0, false},
	{"one_time_keys", FIELD_OBJECT, false, offsetof(struct put_body, keys.one_time_keys), 0,
		false},
	{"fallback_keys", FIELD_OBJECT, false, offsetof(struct put_body, keys.fallback_keys), 0,
		false},
};

struct put_change {
	struct dehydrated_device device;
	struct str display_name;
	struct keys_upload upload;
};

/* The one there was goes with its keys and messages. */
static enum status drop_old(struct db_tx *tx, struct str user_id) REQUIRES(on_writer)
{
	struct dehydrated_device old;
	enum status status = dehydrated_device_find(tx->db, tx->arena, user_id, &old);
	if (status != STATUS_OK)
		return status;
	status = session_close_device(tx, user_id, old.device_id);
	return status == STATUS_OK ? dehydrated_device_delete(tx, user_id) : status;
}

static enum status put_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct put_change *change = arg;
	struct str user_id = change->upload.user_id;
	bool created = false;
	enum status status = drop_old(tx, user_id);
	if (status == STATUS_OK || status == STATUS_NOT_FOUND)
		status = device_ensure(
			tx, user_id, change->device.device_id, change->display_name, &created);
	/* A device that somebody is signed in with cannot be slept over. */
	if (status == STATUS_OK && !created)
		status = STATUS_EXISTS;
	if (status == STATUS_OK)
		status = keys_upload_keep(tx, &change->upload);
	return status == STATUS_OK ? dehydrated_device_put(tx, user_id, &change->device) : status;
}

static enum http_outcome device_put(struct http_request *request, struct http_reply *reply)
{
	struct put_body body = {.device_id = STR_EMPTY};
	BUF_SCOPE(data, KEYS_UPLOAD_MAX);
	if (!API_READ_BODY(request, reply, put_fields, &body))
		return HTTP_REPLY;
	if (body.device_id.n == 0)
		return http_error(reply, 400, "M_INVALID_PARAM", "\"device_id\" is empty");
	struct put_change change = {
		.device = {.device_id = body.device_id},
		.display_name = body.display_name,
		.upload =
			{
				.arena = request->arena,
				.user_id = api_requester(request)->user_id,
				.device_id = body.device_id,
			},
	};
	const char *fault = keys_upload_read(&body.keys, &change.upload);
	if (fault != NULL)
		return http_error(reply, 400, "M_BAD_JSON", "%s", fault);
	json_write(body.device_data, &data);
	if (buf_status(&data) != STATUS_OK)
		return fail(reply, STATUS_TOO_LARGE);
	change.device.device_data = buf_str(&data);
	enum status status = api_write(request, put_change, &change);
	if (status == STATUS_EXISTS)
		return http_error(reply, 400, "M_INVALID_PARAM",
			"You have a device of that id that is signed in");
	if (status == STATUS_TOO_LARGE || status == STATUS_CONFLICT)
		return http_error(reply, 400, "M_INVALID_PARAM", "Too many devices or keys");
	if (status != STATUS_OK)
		return fail(reply, status);
	return answer_id(reply, body.device_id);
}

struct end_change {
	struct str user_id;
};

static enum status end_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct end_change *change = arg;
	return drop_old(tx, change->user_id);
}

static enum http_outcome device_end(struct http_request *request, struct http_reply *reply)
{
	struct end_change change = {api_requester(request)->user_id};
	struct dehydrated_device device;
	enum status status = find(request, &device);
	if (status == STATUS_OK)
		status = api_write(request, end_change, &change);
	if (status != STATUS_OK)
		return fail(reply, status);
	return answer_id(reply, device.device_id);
}

/* Where the last answer stopped. Older clients send it in the body, newer ones in the query.
 * false: the reply is filled. */
static bool read_from(struct http_request *request, struct http_reply *reply, int64_t *after)
{
	struct str token = request->method == HTTP_GET
				   ? http_query(request, "from")
				   : json_str(json_get(request->json, "next_batch"));
	*after = 0;
	if (token.p == NULL || (str_to_i64(token, after) == STATUS_OK && *after >= 0))
		return true;
	(void)http_error(reply, 400, "M_INVALID_PARAM", "The token is not one of ours");
	return false;
}

/* Messages stay until the device goes: who is interrupted begins again. Clients that ask with GET
 * stop where no token follows, those with POST where no message does. */
static enum http_outcome events_read(struct http_request *request, struct http_reply *reply)
{
	struct str user_id = api_requester(request)->user_id;
	struct json_writer *w = &reply->json;
	struct dehydrated_device device;
	struct to_device_list list;
	int64_t after;
	if (!read_from(request, reply, &after))
		return HTTP_REPLY;
	enum status status = find(request, &device);
	if (status == STATUS_OK && !str_eq(device.device_id, request->params[0]))
		return http_error(reply, 403, "M_FORBIDDEN", "This is not your dehydrated device");
	if (status == STATUS_OK)
		status = to_device_store_list(api_db(request), request->arena, user_id,
			device.device_id, after, INT64_MAX, TO_DEVICE_SYNC_LIMIT, &list);
	if (status != STATUS_OK)
		return fail(reply, status);
	jw_object(w);
	jw_put_array(w, "events");
	for (size_t i = 0; i < list.count; i++)
		jw_raw(w, list.items[i].json);
	jw_array_end(w);
	if (list.count > 0)
		after = list.items[list.count - 1].position;
	if (list.more || request->method == HTTP_POST)
		jw_put_str(w, "next_batch", arena_printf(request->arena, "%lld", (long long)after));
	jw_object_end(w);
	return HTTP_REPLY;
}
