/* SPDX-License-Identifier: Apache-2.0 */
/* POST keys/query: devices and cross-signing keys of users, with the signatures that the asker may
 * see (specification, "Cross-signing", "Key and signature security"). */
#include "common/matrix/ids.h"
#include "homeserver/api/keys.h"
#include "homeserver/keys/key_objects.h"
#include "homeserver/store/account_store.h"

static enum http_outcome keys_query(struct http_request *request, struct http_reply *reply);

#define QUERY_MAX   (1024 * 1024)
#define DEVICES_MAX 1000 /* named of one user */

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3|unstable/keys/query", AUTH_GUEST, LIMIT_READ, BODY_JSON,
		QUERY_MAX, keys_query},
};
const struct http_routes api_keys_query_routes = {rows, ARRAY_LEN(rows)};

/* One user of this server. */
struct queried {
	struct str user_id;
	const struct json *device_ids; /* an empty array: all */
	struct key_signature_list added;
};

struct queries {
	struct queried *items;
	size_t count;
};

static bool is_asked_for(const struct json *device_ids, struct str device_id)
{
	if (json_count(device_ids) == 0)
		return true;
	for (size_t i = 0; i < json_count(device_ids); i++)
		if (str_eq(json_str(json_at(device_ids, i)), device_id))
			return true;
	return false;
}

static enum status write_devices(
	struct http_request *request, struct json_writer *w, const struct queried *queried)
{
	struct device_keys_list list;
	enum status status =
		key_store_device_keys_all(api_db(request), request->arena, queried->user_id, &list);
	if (status != STATUS_OK)
		return status;
	jw_key_str(w, queried->user_id);
	jw_object(w);
	for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
		const struct device_keys *keys = &list.items[i];
		if (!is_asked_for(queried->device_ids, keys->device_id))
			continue;
		jw_key_str(w, keys->device_id);
		status = key_write(request->arena, w, keys->json, keys->device_id, &queried->added,
			keys->display_name);
	}
	jw_object_end(w);
	return status;
}

/* The keys of one usage, of all users asked for. User-signing keys are the asker's own matter. */
static enum status write_cross_signing(struct http_request *request, struct json_writer *w,
	const char *name, struct str usage, const struct queries *queries)
{
	bool own_only = str_eq(usage, KEY_USAGE_USER_SIGNING);
	enum status status = STATUS_OK;
	jw_put_object(w, name);
	for (size_t i = 0; i < queries->count; i++) {
		const struct queried *queried = &queries->items[i];
		struct cross_signing_key key;
		if (own_only && !str_eq(queried->user_id, api_requester(request)->user_id))
			continue;
		status = key_store_cross_signing_key(
			api_db(request), request->arena, queried->user_id, usage, &key);
		if (status == STATUS_NOT_FOUND)
			continue;
		if (status != STATUS_OK)
			return status;
		jw_key_str(w, queried->user_id);
		status = key_write(
			request->arena, w, key.json, key.public_key, &queried->added, STR_EMPTY);
		if (status != STATUS_OK)
			return status;
	}
	jw_object_end(w);
	return STATUS_OK;
}

static enum status write_all(
	struct http_request *request, struct json_writer *w, const struct queries *queries)
{
	static const struct {
		const char *name;
		struct str usage;
	} kinds[] = {{"master_keys", STR_INIT("master")},
		{"self_signing_keys", STR_INIT("self_signing")},
		{"user_signing_keys", STR_INIT("user_signing")}};
	enum status status = STATUS_OK;
	jw_put_object(w, "device_keys");
	for (size_t i = 0; i < queries->count && status == STATUS_OK; i++)
		status = write_devices(request, w, &queries->items[i]);
	jw_object_end(w);
	for (size_t i = 0; i < ARRAY_LEN(kinds) && status == STATUS_OK; i++)
		status = write_cross_signing(request, w, kinds[i].name, kinds[i].usage, queries);
	return status;
}

/* Users of this server that exist; others are left out of the answer. */
static enum status find_users(
	struct http_request *request, const struct json *asked, struct queries *queries)
{
	for (struct json_iter u = json_iter(asked); json_next(&u);) {
		struct matrix_id id;
		if (user_id_parse(u.key, &id) != STATUS_OK || !json_is(u.value, JSON_ARRAY) ||
			json_count(u.value) > DEVICES_MAX)
			return STATUS_INVALID;
		if (!str_eq(id.server, api_homeserver(request)->server_name))
			continue;
		enum status status = account_exists(api_db(request), u.key);
		if (status == STATUS_NOT_FOUND)
			continue;
		if (status != STATUS_OK)
			return status;
		struct queried *queried = ROWS_ADD(request->arena, queries);
		*queried = (struct queried){.user_id = u.key, .device_ids = u.value};
		status = key_store_signatures(api_db(request), request->arena, u.key,
			api_requester(request)->user_id, &queried->added);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

static enum http_outcome keys_query(struct http_request *request, struct http_reply *reply)
{
	const struct json *asked = json_get(request->json, "device_keys");
	if (asked == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "device_keys is missing");
	if (!json_is(asked, JSON_OBJECT))
		return http_error(reply, 400, "M_BAD_JSON", "device_keys must be an object");
	enum status status = db_snapshot_begin(api_db(request));
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	struct queries queries = {0};
	struct json_writer *w = &reply->json;
	jw_object(w);
	status = find_users(request, asked, &queries);
	if (status == STATUS_OK)
		status = write_all(request, w, &queries);
	db_snapshot_end(api_db(request));
	if (status == STATUS_INVALID)
		return http_error(reply, 400, "M_BAD_JSON",
			"device_keys must map users to arrays of devices");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	api_keys_failures(request, w, asked);
	jw_object_end(w);
	return HTTP_REPLY;
}
