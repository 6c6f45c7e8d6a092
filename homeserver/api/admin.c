/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Server Administration". */
#include "common/matrix/ids.h"
#include "homeserver/api/api.h"
#include "homeserver/store/account_store.h"
#include "homeserver/store/device_store.h"
#include "homeserver/stream/streams.h"

static enum http_outcome whois_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome lock_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome lock_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome suspend_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome suspend_put(struct http_request *request, struct http_reply *reply);

#define ADMIN "/_matrix/client/v1/admin/"

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/admin/whois/{user}", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		whois_get},
	{HTTP_GET, ADMIN "lock/{user}", AUTH_ADMIN, LIMIT_READ, BODY_NONE, 0, lock_get},
	{HTTP_PUT, ADMIN "lock/{user}", AUTH_ADMIN, LIMIT_WRITE, BODY_JSON, 0, lock_put},
	{HTTP_GET, ADMIN "suspend/{user}", AUTH_ADMIN, LIMIT_READ, BODY_NONE, 0, suspend_get},
	{HTTP_PUT, ADMIN "suspend/{user}", AUTH_ADMIN, LIMIT_WRITE, BODY_JSON, 0, suspend_put},
};

extern const struct http_routes api_admin_routes;
const struct http_routes api_admin_routes = {routes, ARRAY_LEN(routes)};

/* What is known of where they are signed in: each device's last address. */
static void write_device(struct json_writer *w, const struct device *device)
{
	jw_key_str(w, device->device_id);
	jw_object(w);
	jw_put_array(w, "sessions");
	jw_object(w);
	jw_put_array(w, "connections");
	if (device->last_seen_ip.p != NULL) {
		jw_object(w);
		jw_put_str(w, "ip", device->last_seen_ip);
		jw_put_int(w, "last_seen", device->last_seen_ts);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
	jw_array_end(w);
	jw_object_end(w);
}

static enum http_outcome whois_get(struct http_request *request, struct http_reply *reply)
{
	const struct requester *who = api_requester(request);
	struct str user_id = request->params[0];
	struct json_writer *w = &reply->json;
	struct device_list devices;
	if (!who->is_admin && !str_eq(who->user_id, user_id))
		return http_error(
			reply, 403, "M_FORBIDDEN", "Only an administrator may look at others");
	enum status status = account_exists(api_db(request), user_id);
	if (status == STATUS_OK)
		status = device_list_get(api_db(request), request->arena, user_id, &devices);
	if (status != STATUS_OK)
		return api_status(
			reply, status, status == STATUS_NOT_FOUND ? "There is no such user" : NULL);
	jw_object(w);
	jw_put_str(w, "user_id", user_id);
	jw_put_object(w, "devices");
	for (size_t i = 0; i < devices.count; i++)
		write_device(w, &devices.items[i]);
	jw_object_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}

/* Somebody of this server who is no administrator. false: the reply is filled. */
static bool find_target(struct http_request *request, struct http_reply *reply, struct account *out)
{
	struct matrix_id id;
	if (user_id_parse(request->params[0], &id) != STATUS_OK ||
		!str_eq(id.server, api_homeserver(request)->server_name)) {
		(void)http_error(
			reply, 400, "M_INVALID_PARAM", "This is not a user of this server");
		return false;
	}
	enum status status = account_find(api_db(request), request->arena, request->params[0], out);
	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && out->deactivated))
		(void)http_error(reply, 404, "M_NOT_FOUND", "There is no such user");
	else if (status != STATUS_OK)
		(void)api_status(reply, status, NULL);
	else if (out->is_admin)
		(void)http_error(reply, 403, "M_FORBIDDEN",
			"An administrator can be neither locked nor suspended");
	else
		return true;
	return false;
}

static enum http_outcome answer(struct http_reply *reply, const char *key, bool value)
{
	jw_object(&reply->json);
	jw_put_bool(&reply->json, key, value);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome lock_get(struct http_request *request, struct http_reply *reply)
{
	struct account account;
	if (!find_target(request, reply, &account))
		return HTTP_REPLY;
	return answer(reply, "locked", account.locked);
}

static enum http_outcome suspend_get(struct http_request *request, struct http_reply *reply)
{
	struct account account;
	if (!find_target(request, reply, &account))
		return HTTP_REPLY;
	return answer(reply, "suspended", account.suspended);
}

struct flag_change {
	struct str user_id;
	bool locks;
	bool value;
};

static enum status flag_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct flag_change *change = arg;
	/* Their syncs that wait look again, and are refused when it is a lock. */
	(void)stream_next_volatile(tx);
	stream_touch_user(tx, change->user_id);
	return change->locks ? account_set_locked(tx, change->user_id, change->value)
			     : account_set_suspended(tx, change->user_id, change->value);
}

static enum http_outcome flag_put(
	struct http_request *request, struct http_reply *reply, const char *key, bool locks)
{
	const struct json *value = json_get(request->json, key);
	struct flag_change change = {.user_id = request->params[0], .locks = locks};
	struct account account;
	if (!find_target(request, reply, &account))
		return HTTP_REPLY;
	if (!json_is(value, JSON_BOOL))
		return http_error(reply, 400, value == NULL ? "M_MISSING_PARAM" : "M_BAD_JSON",
			"\"%s\" must be true or false", key);
	change.value = json_bool(value, false);
	enum status status = api_write(request, flag_change, &change);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	return answer(reply, key, change.value);
}

static enum http_outcome lock_put(struct http_request *request, struct http_reply *reply)
{
	return flag_put(request, reply, "locked", true);
}

static enum http_outcome suspend_put(struct http_request *request, struct http_reply *reply)
{
	return flag_put(request, reply, "suspended", false);
}
