/* SPDX-License-Identifier: Apache-2.0 */
/* Key management of end-to-end encryption: upload, claim, changes. keys/query is in
 * api/keys_query.c. */
#include "homeserver/api/keys.h"
#include "common/base/map.h"
#include "common/matrix/ids.h"
#include "homeserver/keys/device_lists.h"
#include "homeserver/keys/key_objects.h"
#include "homeserver/store/device_store.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/stream/streams.h"

static enum http_outcome keys_upload(struct http_request *request, struct http_reply *reply);
static enum http_outcome keys_claim(struct http_request *request, struct http_reply *reply);
static enum http_outcome keys_changes(struct http_request *request, struct http_reply *reply);

#define UPLOAD_MAX (1024 * 1024)
#define CLAIM_MAX  (1024 * 1024)
/* Keys given out, and keys taken, by one request: the writer serves nobody else meanwhile. */
#define CLAIMS_MAX  10000
#define KEYS_MAX    5000
#define SERVERS_MAX 10000

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3|unstable/keys/upload", AUTH_GUEST, LIMIT_NONE, BODY_JSON,
		UPLOAD_MAX, keys_upload},
	{HTTP_POST, "/_matrix/client/r0|v3|unstable/keys/claim", AUTH_GUEST, LIMIT_WRITE, BODY_JSON,
		CLAIM_MAX, keys_claim},
	{HTTP_GET, "/_matrix/client/r0|v3|unstable/keys/changes", AUTH_GUEST, LIMIT_READ, BODY_NONE,
		0, keys_changes},
};
const struct http_routes api_keys_routes = {rows, ARRAY_LEN(rows)};

/* --- keys/upload --- */

/* Unclaimed one-time keys of one algorithm that a device may have waiting. */
#define ONE_TIME_KEYS_MAX 1000

struct upload {
	struct arena *arena; /* of the request */
	struct str user_id;
	struct str device_id;
	const struct json *device_keys; /* NULL: none */
	struct str device_text;
	struct {
		struct one_time_key *items;
		size_t count;
	} one_time, fallback;
	struct key_counts counts;
	struct str conflict; /* name of the key that stands in the way */
};

struct upload_body {
	const struct json *device_keys;
	const struct json *one_time_keys;
	const struct json *fallback_keys;
	const struct json *fallback_keys_old;
};

static const struct json_field upload_fields[] = {
	{"device_keys", FIELD_OBJECT, false, offsetof(struct upload_body, device_keys), 0, false},
	{"one_time_keys", FIELD_OBJECT, false, offsetof(struct upload_body, one_time_keys), 0,
		false},
	{"fallback_keys", FIELD_OBJECT, false, offsetof(struct upload_body, fallback_keys), 0,
		false},
	{"org.matrix.msc2732.fallback_keys", FIELD_OBJECT, false,
		offsetof(struct upload_body, fallback_keys_old), 0, false},
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
static enum status keep_device_keys(struct db_tx *tx, const struct upload *upload)
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

static enum status upload_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct upload *upload = arg;
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

static const char *read_upload(const struct upload_body *body, struct upload *upload)
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
static bool upload_is_empty(const struct upload *upload)
{
	return upload->device_keys == NULL && upload->one_time.count == 0 &&
	       upload->fallback.count == 0;
}

static enum http_outcome keys_upload(struct http_request *request, struct http_reply *reply)
{
	const struct requester *requester = api_requester(request);
	if (requester->device_id.p == NULL)
		return http_error(reply, 400, "M_UNKNOWN", "Only a device can upload keys");
	struct upload_body body = {0};
	if (!API_READ_BODY(request, reply, upload_fields, &body))
		return HTTP_REPLY;
	struct upload upload = {.arena = request->arena,
		.user_id = requester->user_id,
		.device_id = requester->device_id};
	const char *fault = read_upload(&body, &upload);
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

/* --- keys/claim --- */

struct claim {
	struct arena *arena; /* of the request */
	struct str user_id;
	struct str device_id;
	struct str algorithm;
	struct one_time_key key; /* json.p == NULL: there is none */
};

struct claims {
	struct claim *items;
	size_t count;
};

static enum status claim_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct claims *claims = arg;
	for (size_t i = 0; i < claims->count; i++) {
		struct claim *claim = &claims->items[i];
		struct one_time_key key;
		enum status status = key_store_claim(
			tx, claim->user_id, claim->device_id, claim->algorithm, &key);
		if (status == STATUS_NOT_FOUND)
			continue;
		if (status != STATUS_OK)
			return status;
		claim->key = (struct one_time_key){
			.algorithm = claim->algorithm,
			.key_id = arena_str(claim->arena, key.key_id),
			.json = arena_str(claim->arena, key.json),
		};
	}
	return STATUS_OK;
}

/* Devices of one user of this server, in the order in which they were asked for. */
static bool read_claims_of(
	struct arena *arena, struct str user_id, const struct json *devices, struct claims *claims)
{
	for (struct json_iter d = json_iter(devices); json_next(&d);) {
		if (!json_is(d.value, JSON_STRING) || claims->count == CLAIMS_MAX)
			return false;
		*ROWS_ADD(arena, claims) = (struct claim){.arena = arena,
			.user_id = user_id,
			.device_id = d.key,
			.algorithm = json_str(d.value)};
	}
	return true;
}

static void write_claims(struct json_writer *w, const struct claims *claims)
{
	jw_put_object(w, "one_time_keys");
	struct str user = STR_EMPTY;
	for (size_t i = 0; i < claims->count; i++) {
		const struct claim *claim = &claims->items[i];
		if (claim->key.json.p == NULL)
			continue;
		if (user.p == NULL || !str_eq(user, claim->user_id)) {
			if (user.p != NULL)
				jw_object_end(w);
			jw_key_str(w, claim->user_id);
			jw_object(w);
			user = claim->user_id;
		}
		jw_key_str(w, claim->device_id);
		jw_object(w);
		jw_key_str(w, arena_printf(claim->arena, "%.*s:%.*s", STR_FMT(claim->key.algorithm),
				      STR_FMT(claim->key.key_id)));
		jw_raw(w, claim->key.json);
		jw_object_end(w);
	}
	if (user.p != NULL)
		jw_object_end(w);
	jw_object_end(w);
}

/* No way yet to ask other servers: they count as unreachable. */
void api_keys_failures(
	struct http_request *request, struct json_writer *w, const struct json *by_user)
{
	static char there;
	struct map *seen = map_new(SERVERS_MAX);
	jw_put_object(w, "failures");
	for (struct json_iter u = json_iter(by_user); json_next(&u);) {
		struct matrix_id id;
		if (user_id_parse(u.key, &id) != STATUS_OK ||
			str_eq(id.server, api_homeserver(request)->server_name) ||
			map_find(seen, id.server) != NULL ||
			map_put(seen, id.server, &there, NULL) != STATUS_OK)
			continue;
		jw_key_str(w, id.server);
		jw_object(w);
		jw_put_int(w, "status", 503);
		jw_put_c_str(w, "message", "Not reachable");
		jw_object_end(w);
	}
	jw_object_end(w);
	map_free(&seen, NULL);
}

static enum http_outcome keys_claim(struct http_request *request, struct http_reply *reply)
{
	const struct json *asked = json_get(request->json, "one_time_keys");
	if (asked == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "one_time_keys is missing");
	if (!json_is(asked, JSON_OBJECT))
		return http_error(reply, 400, "M_BAD_JSON", "one_time_keys must be an object");
	struct claims claims = {0};
	for (struct json_iter u = json_iter(asked); json_next(&u);) {
		struct matrix_id id;
		if (user_id_parse(u.key, &id) != STATUS_OK || !json_is(u.value, JSON_OBJECT))
			return http_error(reply, 400, "M_BAD_JSON",
				"one_time_keys must map users to devices to algorithms");
		if (!str_eq(id.server, api_homeserver(request)->server_name))
			continue;
		if (!read_claims_of(request->arena, u.key, u.value, &claims))
			return http_error(reply, 400, "M_BAD_JSON",
				"an algorithm must be a string, and there may be %d", CLAIMS_MAX);
	}
	if (claims.count > 0) {
		enum status status = api_write(request, claim_change, &claims);
		if (status != STATUS_OK)
			return api_status(reply, status, NULL);
	}
	jw_object(&reply->json);
	write_claims(&reply->json, &claims);
	api_keys_failures(request, &reply->json, asked);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

/* --- keys/changes --- */

static void write_names(struct json_writer *w, const char *key, const struct str_list *names)
{
	jw_put_array(w, key);
	for (size_t i = 0; i < names->count; i++)
		jw_str(w, names->items[i]);
	jw_array_end(w);
}

static enum http_outcome keys_changes(struct http_request *request, struct http_reply *reply)
{
	struct str from = http_query(request, "from");
	struct str to = http_query(request, "to");
	int64_t after;
	int64_t upto;
	if (from.p == NULL || to.p == NULL)
		return http_error(reply, 400, "M_MISSING_PARAM", "from and to are needed");
	if (stream_token_parse(from, &after) != STATUS_OK ||
		stream_token_parse(to, &upto) != STATUS_OK)
		return http_error(reply, 400, "M_INVALID_PARAM", "from and to are sync tokens");
	int64_t now;
	enum status status =
		stream_snapshot_begin(api_homeserver(request)->streams, api_db(request), &now);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	/* A change after `to` hides one before it, so `to` is taken as a hint only. */
	struct device_lists lists;
	status = device_lists_between(api_db(request), request->arena,
		api_requester(request)->user_id, after, now, &lists);
	db_snapshot_end(api_db(request));
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	write_names(&reply->json, "changed", &lists.changed);
	write_names(&reply->json, "left", &lists.left);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
