/* SPDX-License-Identifier: Apache-2.0 */
/* Key management of end-to-end encryption: claim and changes. */
#include "homeserver/api/keys.h"
#include "common/base/map.h"
#include "common/matrix/ids.h"
#include "homeserver/keys/device_lists.h"
#include "homeserver/keys/key_objects.h"
#include "homeserver/store/device_store.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/stream/streams.h"

static enum http_outcome keys_claim(struct http_request *request, struct http_reply *reply);
static enum http_outcome keys_changes(struct http_request *request, struct http_reply *reply);

#define CLAIM_MAX (1024 * 1024)
/* Keys given out by one request: the writer serves nobody else meanwhile. */
#define CLAIMS_MAX  10000
#define SERVERS_MAX 10000

static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/client/r0|v3|unstable/keys/claim", AUTH_GUEST, LIMIT_WRITE, BODY_JSON,
		CLAIM_MAX, keys_claim},
	{HTTP_GET, "/_matrix/client/r0|v3|unstable/keys/changes", AUTH_GUEST, LIMIT_READ, BODY_NONE,
		0, keys_changes},
};
const struct http_routes api_keys_routes = {rows, ARRAY_LEN(rows)};

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
