/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Device Management". */
#include "homeserver/api/api.h"
#include "homeserver/api/session.h"
#include "homeserver/api/uia.h"
#include "homeserver/keys/device_lists.h"
#include "homeserver/store/device_store.h"

static enum http_outcome devices_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome device_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome device_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome device_delete_one(struct http_request *request, struct http_reply *reply);
static enum http_outcome delete_devices_post(
	struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/devices", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0,
		devices_get},
	{HTTP_GET, "/_matrix/client/r0|v3/devices/{device}", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0,
		device_get},
	{HTTP_PUT, "/_matrix/client/r0|v3/devices/{device}", AUTH_GUEST, LIMIT_WRITE, BODY_JSON, 0,
		device_put},
	{HTTP_DELETE, "/_matrix/client/r0|v3/devices/{device}", AUTH_USER, LIMIT_WRITE,
		BODY_JSON_OPTIONAL, 0, device_delete_one},
	{HTTP_POST, "/_matrix/client/r0|v3/delete_devices", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0,
		delete_devices_post},
};

const struct http_routes api_devices_routes = {routes, ARRAY_LEN(routes)};

static void write_device(struct json_writer *w, const struct device *device, struct str user_id)
{
	jw_object(w);
	jw_put_str(w, "device_id", device->device_id);
	jw_put_str(w, "user_id", user_id);
	if (device->display_name.p != NULL)
		jw_put_str(w, "display_name", device->display_name);
	if (device->last_seen_ip.p != NULL) {
		jw_put_str(w, "last_seen_ip", device->last_seen_ip);
		jw_put_int(w, "last_seen_ts", device->last_seen_ts);
	}
	jw_object_end(w);
}

static enum http_outcome devices_get(struct http_request *request, struct http_reply *reply)
{
	struct str user_id = api_requester(request)->user_id;
	struct device_list list;
	enum status status = device_list_get(api_db(request), request->arena, user_id, &list);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	jw_put_array(&reply->json, "devices");
	for (size_t i = 0; i < list.count; i++)
		write_device(&reply->json, &list.items[i], user_id);
	jw_array_end(&reply->json);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome device_get(struct http_request *request, struct http_reply *reply)
{
	struct str user_id = api_requester(request)->user_id;
	struct device device;
	enum status status =
		device_find(api_db(request), request->arena, user_id, request->params[0], &device);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	write_device(&reply->json, &device, user_id);
	return HTTP_REPLY;
}

struct device_change {
	const struct requester *who;
	struct str device_id;
	struct str display_name; /* p == NULL: as it was */
	bool created;
};

static enum status put_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct device_change *change = arg;
	struct str user_id = change->who->user_id;
	enum status status = STATUS_OK;
	/* Only application services make devices without signing in (since v1.17). */
	if (change->who->appservice != NULL)
		status = device_ensure(
			tx, user_id, change->device_id, change->display_name, &change->created);
	if (status != STATUS_OK || change->created)
		return status;
	if (change->display_name.p == NULL) {
		struct device device;
		return device_find(tx->db, tx->arena, user_id, change->device_id, &device);
	}
	status = device_rename(tx, user_id, change->device_id, change->display_name);
	if (status == STATUS_OK)
		status = device_lists_device_renamed(tx, user_id, change->device_id);
	return status;
}

struct device_body {
	struct str display_name;
};

static const struct json_field device_fields[] = {
	{"display_name", FIELD_STR, false, offsetof(struct device_body, display_name),
		DEVICE_NAME_MAX, false},
};

static enum http_outcome device_put(struct http_request *request, struct http_reply *reply)
{
	struct device_body body = {.display_name = STR_EMPTY};
	if (!API_READ_BODY(request, reply, device_fields, &body))
		return HTTP_REPLY;
	struct device_change change = {
		.who = api_requester(request),
		.device_id = request->params[0],
		.display_name = body.display_name,
	};
	if (change.device_id.n > DEVICE_ID_MAX)
		return http_error(reply, 400, "M_INVALID_PARAM", "The device id is too long");
	enum status status = api_write(request, put_change, &change);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	if (change.created)
		reply->status = 201;
	return HTTP_REPLY;
}

struct delete_change {
	struct str user_id;
	const struct str *device_ids;
	size_t count;
};

static enum status delete_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct delete_change *change = arg;
	for (size_t i = 0; i < change->count; i++) {
		enum status status =
			session_close_device(tx, change->user_id, change->device_ids[i]);
		/* One that is gone already is as it should be. */
		if (status != STATUS_OK && status != STATUS_NOT_FOUND)
			return status;
	}
	return STATUS_OK;
}

static enum http_outcome delete_devices(struct http_request *request, struct http_reply *reply,
	const struct str *device_ids, size_t count)
{
	const struct requester *who = api_requester(request);
	if (who->appservice == NULL) {
		PASSWORD_TURN(turn, request);
		enum uia_result result = uia_require_password(request, reply, &turn);
		if (result != UIA_PASSED)
			return result == UIA_PARKED ? HTTP_PARK : HTTP_REPLY;
	}
	struct delete_change change = {who->user_id, device_ids, count};
	enum status status = api_write(request, delete_change, &change);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	uia_finish(request);
	return HTTP_REPLY;
}

static enum http_outcome device_delete_one(struct http_request *request, struct http_reply *reply)
{
	return delete_devices(request, reply, &request->params[0], 1);
}

struct delete_body {
	const struct json *devices;
};

static const struct json_field delete_fields[] = {
	{"devices", FIELD_ARRAY, true, offsetof(struct delete_body, devices), DEVICE_MAX_PER_USER,
		false},
};

static enum http_outcome delete_devices_post(struct http_request *request, struct http_reply *reply)
{
	struct delete_body body = {.devices = NULL};
	if (!API_READ_BODY(request, reply, delete_fields, &body))
		return HTTP_REPLY;
	size_t count = json_count(body.devices);
	struct str *device_ids = ARENA_ARRAY(request->arena, struct str, count + 1);
	for (size_t i = 0; i < count; i++) {
		device_ids[i] = json_str(json_at(body.devices, i));
		if (device_ids[i].p == NULL)
			return http_error(reply, 400, "M_BAD_JSON",
				"\"devices\" holds something that is no device id");
	}
	return delete_devices(request, reply, device_ids, count);
}
