/* SPDX-License-Identifier: Apache-2.0 */
/* Key management of end-to-end encryption: keys/upload. */
#include "homeserver/api/keys.h"

#include "homeserver/keys/device_lists.h"
#include "homeserver/keys/key_objects.h"
#include "homeserver/store/device_store.h"

static enum http_outcome upload_post(struct http_request *request, struct http_reply *reply);

/* Keys taken by one request: the writer serves nobody else meanwhile. */
#define KEYS_MAX 5000

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3|unstable/keys/upload", AUTH_GUEST, LIMIT_NONE, BODY_JSON,
		KEYS_UPLOAD_MAX, upload_post},
};
extern const struct http_routes api_keys_upload_routes;
const struct http_routes api_keys_upload_routes = {rows, ARRAY_LEN(rows)};

/* Unclaimed one-time keys of one algorithm that a device may have waiting. */
#define ONE_TIME_KEYS_MAX 1000

static const struct json_field upload_fields[] = {
	{"device_keys", FIELD_OBJECT, false, offsetof(struct keys_upload_body, device_keys), 0,
		false},
	{"one_time_keys", FIELD_OBJECT, false, offsetof(struct keys_upload_body, one_time_keys), 0,
		false},
	{"fallback_keys", FIELD_OBJECT, false, offsetof(struct keys_upload_body, fallback_keys), 0,
		false},
	{"org.matrix.msc2732.fallback_keys", FIELD_OBJECT, false,
		offsetof(struct keys_upload_body, fallback_keys_old), 0, false},
};

/* Checks a map of keys by name and turns it into rows. NULL, or what is wrong. */
static const char *read_keys(struct arena *arena, const struct json *map,
	struct one_time_key **items_out, size_t *count_out)
{
	if (json_count(map) > KEYS_MAX)
		return "there are too many keys";
	struct one_time_key *items = ARENA_ARRAY(arena, struct one_time_key, json_count(map) + 1);
	size_t count = 0;
	for (struct json_iter i = json_iter(map); json_next(&i);) {
		struct one_time_key *key = &items[count++];
		const char *fault = key_one_time_fault(i.key, i.value);
		if (fault != NULL)
			return fault;
		if (!key_name_split(i.key, &key->algorithm, &key->key_id) ||
			key_text(arena, i.value, &key->json) != STATUS_OK)
			return "a key cannot be written as canonical JSON";
	}
	*items_out = items;
	*count_out = count;
	return NULL;
}

/* Keeps the device's identity keys. Others are told when they are not the ones that were there;
 * one-time keys of another identity are worth nothing. */
static enum status keep_device_keys(struct db_tx *tx, const struct keys_upload *upload)
	REQUIRES(on_writer)
{
	struct device_keys old;
	enum status status =
		key_store_device_keys(tx->db, tx->arena, upload->user_id, upload->device_id, &old);
	if (status == STATUS_OK) {
		const struct json *before;
		if (str_eq(old.json, upload->device_text))
			return STATUS_OK;
		if (json_parse(tx->arena, old.json, &before, NULL) != STATUS_OK)
			return STATUS_INTERNAL;
		if (!str_eq(key_device_ed25519(before, upload->device_id),
			    key_device_ed25519(upload->device_keys, upload->device_id)))
			status = key_store_one_time_keys_clear(
				tx, upload->user_id, upload->device_id);
	}
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	status = key_store_device_keys_put(
		tx, upload->user_id, upload->device_id, upload->device_text);
	return status == STATUS_OK ? device_lists_mark(tx, upload->user_id) : status;
}

enum status keys_upload_keep(struct db_tx *tx, struct keys_upload *upload)
{
	struct device device;
	/* It may have been signed out since the request was admitted. */
	enum status status =
		device_find(tx->db, tx->arena, upload->user_id, upload->device_id, &device);
	if (status != STATUS_OK)
		return status;
	if (upload->device_keys != NULL)
		status = keep_device_keys(tx, upload);
	for (size_t i = 0; i < upload->one_time.count && status == STATUS_OK; i++) {
		const struct one_time_key *key = &upload->one_time.items[i];
		status = key_store_one_time_key_add(tx, upload->user_id, upload->device_id, key);
		if (status == STATUS_CONFLICT)
			upload->conflict = arena_printf(upload->arena, "%.*s:%.*s",
				STR_FMT(key->algorithm), STR_FMT(key->key_id));
	}
	for (size_t i = 0; i < upload->fallback.count && status == STATUS_OK; i++)
		status = key_store_fallback_put(
			tx, upload->user_id, upload->device_id, &upload->fallback.items[i]);
	if (status != STATUS_OK)
		return status;
	status = key_store_one_time_counts(
		tx->db, upload->arena, upload->user_id, upload->device_id, &upload->counts);
	for (size_t i = 0; i < upload->counts.count && status == STATUS_OK; i++)
		if (upload->counts.items[i].count > ONE_TIME_KEYS_MAX)
			status = STATUS_TOO_LARGE;
	return status;
}

const char *keys_upload_read(const struct keys_upload_body *body, struct keys_upload *upload)
{
	if (body->device_keys != NULL) {
		const char *fault =
			key_device_fault(body->device_keys, upload->user_id, upload->device_id);
		if (fault != NULL)
			return fault;
		if (key_text(upload->arena, body->device_keys, &upload->device_text) != STATUS_OK)
			return "device_keys cannot be written as canonical JSON";
		upload->device_keys = body->device_keys;
	}
	const char *fault = read_keys(upload->arena, body->one_time_keys, &upload->one_time.items,
		&upload->one_time.count);
	if (fault != NULL)
		return fault;
	const struct json *fallback =
		body->fallback_keys != NULL ? body->fallback_keys : body->fallback_keys_old;
	return read_keys(upload->arena, fallback, &upload->fallback.items, &upload->fallback.count);
}

/* Nothing to change: a client that only wants to know its counts. */
static bool upload_is_empty(const struct keys_upload *upload)
{
	return upload->device_keys == NULL && upload->one_time.count == 0 &&
	       upload->fallback.count == 0;
}

static enum status upload_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return keys_upload_keep(tx, arg);
}

static enum http_outcome upload_post(struct http_request *request, struct http_reply *reply)
{
	const struct requester *requester = api_requester(request);
	if (requester->device_id.p == NULL)
		return http_error(reply, 400, "M_UNKNOWN", "Only a device can upload keys");
	struct keys_upload_body body = {0};
	if (!API_READ_BODY(request, reply, upload_fields, &body))
		return HTTP_REPLY;
	struct keys_upload upload = {.arena = request->arena,
		.user_id = requester->user_id,
		.device_id = requester->device_id};
	const char *fault = keys_upload_read(&body, &upload);
	if (fault != NULL)
		return http_error(reply, 400, "M_BAD_JSON", "%s", fault);

	enum status status = upload_is_empty(&upload)
				     ? key_store_one_time_counts(api_db(request), request->arena,
					       upload.user_id, upload.device_id, &upload.counts)
				     : api_write(request, upload_change, &upload);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 401, "M_UNKNOWN_TOKEN", "The device is signed out");
	if (status == STATUS_CONFLICT)
		return http_error(reply, 400, "M_INVALID_PARAM", "Key %.*s exists already",
			STR_FMT(upload.conflict));
	if (status == STATUS_TOO_LARGE)
		return http_error(reply, 400, "M_INVALID_PARAM",
			"A device may have %d one-time keys waiting", ONE_TIME_KEYS_MAX);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	struct json_writer *w = &reply->json;
	jw_object(w);
	jw_put_object(w, "one_time_key_counts");
	for (size_t i = 0; i < upload.counts.count; i++) {
		jw_key_str(w, upload.counts.items[i].algorithm);
		jw_int(w, upload.counts.items[i].count);
	}
	jw_object_end(w);
	jw_object_end(w);
	return HTTP_REPLY;
}
