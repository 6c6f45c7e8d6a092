/* SPDX-License-Identifier: Apache-2.0 */
/* Pushers: where a user's notifications are to be sent (specification, "Push Notifications"). */
#include "common/base/clock.h"
#include "config/config.h"
#include "homeserver/api/api.h"
#include "homeserver/push/push_delivery.h"
#include "homeserver/push/push_payload.h"
#include "homeserver/store/push_store.h"

static enum http_outcome pushers_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome pushers_set(struct http_request *request, struct http_reply *reply);

#define PUSHKEY_MAX 512
#define APP_ID_MAX  64
#define NAME_MAX    255

static const struct http_route rows[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/pushers", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		pushers_get},
	{HTTP_POST, "/_matrix/client/r0|v3/pushers/set", AUTH_USER, LIMIT_NONE, BODY_JSON, 0,
		pushers_set},
};
const struct http_routes api_pushers_routes = {rows, ARRAY_LEN(rows)};

static enum http_outcome pushers_get(struct http_request *request, struct http_reply *reply)
{
	struct pusher_list list;
	enum status status = push_store_pushers(
		api_db(request), request->arena, api_requester(request)->user_id, &list);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	struct json_writer *w = &reply->json;
	jw_object(w);
	jw_put_array(w, "pushers");
	for (size_t i = 0; i < list.count; i++) {
		const struct pusher *pusher = &list.items[i];
		jw_object(w);
		jw_put_str(w, "app_display_name", pusher->app_display_name);
		jw_put_str(w, "app_id", pusher->app_id);
		jw_put_raw(w, "data", pusher->data);
		jw_put_str(w, "device_display_name", pusher->device_display_name);
		jw_put_str(w, "kind", pusher->kind);
		jw_put_str(w, "lang", pusher->lang);
		if (pusher->profile_tag.n > 0)
			jw_put_str(w, "profile_tag", pusher->profile_tag);
		jw_put_str(w, "pushkey", pusher->pushkey);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}

struct pusher_body {
	struct str app_id;
	struct str pushkey;
	struct str kind;
	struct str app_display_name;
	struct str device_display_name;
	struct str profile_tag;
	struct str lang;
	const struct json *data;
	bool append;
};

#define MEMBER(name) offsetof(struct pusher_body, name)
static const struct json_field pusher_fields[] = {
	{"app_id", FIELD_STR, true, MEMBER(app_id), APP_ID_MAX, false},
	{"pushkey", FIELD_STR, true, MEMBER(pushkey), PUSHKEY_MAX, false},
	{"kind", FIELD_STR, false, MEMBER(kind), NAME_MAX, false},
	{"app_display_name", FIELD_STR, false, MEMBER(app_display_name), NAME_MAX, false},
	{"device_display_name", FIELD_STR, false, MEMBER(device_display_name), NAME_MAX, false},
	{"profile_tag", FIELD_STR, false, MEMBER(profile_tag), NAME_MAX, false},
	{"lang", FIELD_STR, false, MEMBER(lang), NAME_MAX, false},
	{"data", FIELD_OBJECT, false, MEMBER(data), 0, false},
	{"append", FIELD_BOOL, false, MEMBER(append), 0, false},
};

struct pusher_change {
	struct pusher pusher;
	bool alone;
};

static enum status put_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct pusher_change *change = arg;
	push_delivery_add_user(tx, change->pusher.user_id);
	return push_store_pusher_put(tx, &change->pusher, change->alone);
}

static enum status delete_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct pusher_change *change = arg;
	return push_store_pusher_delete(
		tx, change->pusher.user_id, change->pusher.app_id, change->pusher.pushkey);
}

/* Names what is missing; false: the reply is filled. */
static bool check_pusher(
	struct http_request *request, struct http_reply *reply, const struct pusher_body *body)
{
	bool private_ok = api_homeserver(request)->config->homeserver.push_private_gateways;
	const char *missing = body->app_display_name.p == NULL	    ? "app_display_name"
			      : body->device_display_name.p == NULL ? "device_display_name"
			      : body->lang.p == NULL		    ? "lang"
			      : body->data == NULL		    ? "data"
								    : NULL;
	if (missing != NULL) {
		http_error(reply, 400, "M_MISSING_PARAM", "Missing parameters: %s", missing);
		return false;
	}
	if (!str_eq(body->kind, STR("http"))) {
		http_error(reply, 400, "M_INVALID_PARAM", "This server has pushers of kind http");
		return false;
	}
	const struct json *url = json_get(body->data, "url");
	if (url == NULL) {
		http_error(reply, 400, "M_MISSING_PARAM", "data.url is missing");
		return false;
	}
	if (!push_target_url_ok(json_str(url), private_ok)) {
		http_error(reply, 400, "M_INVALID_PARAM",
			"data.url must be https://.../_matrix/push/v1/notify");
		return false;
	}
	return true;
}

static enum http_outcome pushers_set(struct http_request *request, struct http_reply *reply)
{
	const struct requester *requester = api_requester(request);
	struct pusher_body body = {0};
	if (json_get(request->json, "kind") == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "Missing parameters: kind");
	if (!API_READ_BODY(request, reply, pusher_fields, &body))
		return HTTP_REPLY;
	struct pusher_change change = {.pusher = {.user_id = requester->user_id,
					       .device_id = requester->device_id,
					       .app_id = body.app_id,
					       .pushkey = body.pushkey,
					       .kind = body.kind,
					       .app_display_name = body.app_display_name,
					       .device_display_name = body.device_display_name,
					       .profile_tag = body.profile_tag,
					       .lang = body.lang,
					       .created_ts = clock_wall_ms()},
		.alone = !body.append};
	enum status status;
	if (body.kind.p == NULL) {
		status = api_write(request, delete_change, &change);
	} else {
		BUF_SCOPE(data, HTTP_BODY_DEFAULT * 2);
		if (!check_pusher(request, reply, &body))
			return HTTP_REPLY;
		json_write(body.data, &data);
		if (buf_status(&data) != STATUS_OK)
			return http_error(reply, 400, "M_INVALID_PARAM", "data is too large");
		change.pusher.data = buf_str(&data);
		status = api_write(request, put_change, &change);
	}
	if (status == STATUS_TOO_LARGE)
		return http_error(reply, 400, "M_INVALID_PARAM", "There are too many pushers");
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}
