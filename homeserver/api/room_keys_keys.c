/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys in a backup, in three shapes: all rooms, one room, one session (specification,
 * "Server-side key backups").
 */
#include "homeserver/api/api.h"
#include "homeserver/keys/backup_rule.h"
#include "homeserver/store/rows.h"

static enum http_outcome keys_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome keys_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome keys_delete(struct http_request *request, struct http_reply *reply);

#define KEYS	"/_matrix/client/r0|v3|unstable/room_keys/keys"
#define PUT_MAX (16 * 1024 * 1024)
#define ID_MAX	255
/* In one request: the writer serves nobody else meanwhile. */
#define SESSIONS_MAX 5000

static const struct http_route rows[] = {
	{HTTP_PUT, KEYS, AUTH_USER, LIMIT_WRITE, BODY_JSON, PUT_MAX, keys_put},
	{HTTP_GET, KEYS, AUTH_USER, LIMIT_READ, BODY_NONE, 0, keys_get},
	{HTTP_DELETE, KEYS, AUTH_USER, LIMIT_NONE, BODY_NONE, 0, keys_delete},
	{HTTP_PUT, KEYS "/{room}", AUTH_USER, LIMIT_WRITE, BODY_JSON, PUT_MAX, keys_put},
	{HTTP_GET, KEYS "/{room}", AUTH_USER, LIMIT_READ, BODY_NONE, 0, keys_get},
	{HTTP_DELETE, KEYS "/{room}", AUTH_USER, LIMIT_NONE, BODY_NONE, 0, keys_delete},
	{HTTP_PUT, KEYS "/{room}/{session}", AUTH_USER, LIMIT_WRITE, BODY_JSON, 0, keys_put},
	{HTTP_GET, KEYS "/{room}/{session}", AUTH_USER, LIMIT_READ, BODY_NONE, 0, keys_get},
	{HTTP_DELETE, KEYS "/{room}/{session}", AUTH_USER, LIMIT_NONE, BODY_NONE, 0, keys_delete},
};
const struct http_routes api_room_keys_keys_routes = {rows, ARRAY_LEN(rows)};

/* Which version and part the request means. false: the reply is filled. */
static bool read_range(
	struct http_request *request, struct http_reply *reply, struct backup_range *out)
{
	struct str version = http_query(request, "version");
	*out = (struct backup_range){.user_id = api_requester(request)->user_id};
	if (version.p == NULL) {
		http_error(reply, 400, "M_MISSING_PARAM", "version is missing");
		return false;
	}
	if (str_to_i64(version, &out->version) != STATUS_OK) {
		http_error(reply, 404, "M_NOT_FOUND", "Unknown backup version");
		return false;
	}
	if (request->param_count > 0)
		out->room_id = request->params[0];
	if (request->param_count > 1)
		out->session_id = request->params[1];
	if (out->room_id.n > ID_MAX || out->session_id.n > ID_MAX) {
		http_error(reply, 400, "M_INVALID_PARAM", "An id may have %d bytes", ID_MAX);
		return false;
	}
	return true;
}

/* --- PUT --- */

struct key_body {
	int64_t first_message_index;
	int64_t forwarded_count;
	bool is_verified;
	const struct json *session_data;
};

static const struct json_field key_fields[] = {
	{"first_message_index", FIELD_INT, true, offsetof(struct key_body, first_message_index), 0,
		false},
	{"forwarded_count", FIELD_INT, true, offsetof(struct key_body, forwarded_count), 0, false},
	{"is_verified", FIELD_BOOL, true, offsetof(struct key_body, is_verified), 0, false},
	{"session_data", FIELD_OBJECT, true, offsetof(struct key_body, session_data), 0, false},
};

struct put {
	struct backup_range range;
	struct backup_key_list keys;
	struct buf *text;   /* scratch */
	struct backup sums; /* out */
	int64_t current;    /* out: of STATUS_CONFLICT */
};

static bool read_session(struct arena *arena, struct put *put, struct str room_id,
	struct str session_id, const struct json *object)
{
	struct key_body body;
	if (put->keys.count > SESSIONS_MAX || room_id.n > ID_MAX || session_id.n > ID_MAX ||
		!json_is(object, JSON_OBJECT) ||
		json_read(object, key_fields, ARRAY_LEN(key_fields), &body, NULL) != STATUS_OK)
		return false;
	buf_clear(put->text);
	json_write(body.session_data, put->text);
	if (buf_status(put->text) != STATUS_OK)
		return false;
	*ROWS_ADD(arena, &put->keys) = (struct backup_key){
		.room_id = room_id,
		.session_id = session_id,
		.first_message_index = body.first_message_index,
		.forwarded_count = body.forwarded_count,
		.is_verified = body.is_verified,
		.session_data = arena_str(arena, buf_str(put->text)),
	};
	return true;
}

static bool read_room(
	struct arena *arena, struct put *put, struct str room_id, const struct json *object)
{
	const struct json *sessions = json_get(object, "sessions");
	if (!json_is(sessions, JSON_OBJECT))
		return false;
	for (struct json_iter s = json_iter(sessions); json_next(&s);)
		if (!read_session(arena, put, room_id, s.key, s.value))
			return false;
	return true;
}

static bool read_put(struct http_request *request, struct put *put)
{
	const struct backup_range *range = &put->range;
	if (range->session_id.p != NULL)
		return read_session(
			request->arena, put, range->room_id, range->session_id, request->json);
	if (range->room_id.p != NULL)
		return read_room(request->arena, put, range->room_id, request->json);
	const struct json *rooms = json_get(request->json, "rooms");
	if (!json_is(rooms, JSON_OBJECT))
		return false;
	for (struct json_iter r = json_iter(rooms); json_next(&r);)
		if (!read_room(request->arena, put, r.key, r.value))
			return false;
	return true;
}

/* Puts the key unless a better one is there. *change_out tells what became of it. */
static enum status put_key(struct db_tx *tx, const struct put *put, const struct backup_key *key,
	bool *added_out, bool *changed_out) REQUIRES(on_writer)
{
	struct backup_range one = {.user_id = put->range.user_id,
		.version = put->range.version,
		.room_id = key->room_id,
		.session_id = key->session_id};
	struct backup_key_list before;
	enum status status = backup_store_keys(tx->db, tx->arena, &one, &before);
	if (status != STATUS_OK)
		return status;
	*added_out = before.count == 0;
	*changed_out = *added_out || backup_key_is_better(key, &before.items[0]);
	return *changed_out ? backup_store_key_put(tx, put->range.user_id, put->range.version, key)
			    : STATUS_OK;
}

static enum status put_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct put *put = arg;
	struct backup current;
	enum status status = backup_store_current(tx->db, tx->arena, put->range.user_id, &current);
	if (status == STATUS_OK && current.version != put->range.version) {
		put->current = current.version;
		status = backup_store_find(
			tx->db, tx->arena, put->range.user_id, put->range.version, &current);
		if (status == STATUS_OK)
			status = STATUS_CONFLICT;
	}
	if (status != STATUS_OK)
		return status;
	bool any_changed = false;
	for (size_t i = 0; i < put->keys.count && status == STATUS_OK; i++) {
		bool added = false;
		bool changed = false;
		status = put_key(tx, put, &put->keys.items[i], &added, &changed);
		any_changed = any_changed || changed;
		current.count += added ? 1 : 0;
	}
	if (status == STATUS_OK && any_changed)
		status = backup_store_set_sums(
			tx, put->range.user_id, current.version, ++current.etag, current.count);
	put->sums = (struct backup){.etag = current.etag, .count = current.count};
	return status;
}

static enum http_outcome write_sums(
	struct http_request *request, struct http_reply *reply, const struct backup *sums)
{
	jw_object(&reply->json);
	jw_put_str(
		&reply->json, "etag", arena_printf(request->arena, "%lld", (long long)sums->etag));
	jw_put_int(&reply->json, "count", sums->count);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome wrong_version(
	struct http_request *request, struct http_reply *reply, int64_t current)
{
	reply->status = 403;
	jw_object(&reply->json);
	jw_put_c_str(&reply->json, "errcode", "M_WRONG_ROOM_KEYS_VERSION");
	jw_put_c_str(&reply->json, "error", "Wrong backup version.");
	jw_put_str(&reply->json, "current_version",
		arena_printf(request->arena, "%lld", (long long)current));
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome keys_put(struct http_request *request, struct http_reply *reply)
{
	BUF_SCOPE(text, PUT_MAX * 2);
	struct put put = {.text = &text};
	if (!read_range(request, reply, &put.range))
		return HTTP_REPLY;
	bool ok = read_put(request, &put);
	if (put.keys.count > SESSIONS_MAX)
		return http_error(
			reply, 413, "M_TOO_LARGE", "One request may bring %d keys", SESSIONS_MAX);
	if (!ok)
		return http_error(reply, 400, "M_BAD_JSON", "The keys do not have the right form");
	enum status status = api_write(request, put_change, &put);
	if (status == STATUS_CONFLICT)
		return wrong_version(request, reply, put.current);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "Unknown backup version");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	return write_sums(request, reply, &put.sums);
}

/* --- GET --- */

static void write_key(struct json_writer *w, const struct backup_key *key)
{
	jw_object(w);
	jw_put_int(w, "first_message_index", key->first_message_index);
	jw_put_int(w, "forwarded_count", key->forwarded_count);
	jw_put_bool(w, "is_verified", key->is_verified);
	jw_put_raw(w, "session_data", key->session_data);
	jw_object_end(w);
}

static void write_sessions(struct json_writer *w, const struct backup_key *keys, size_t count)
{
	jw_object(w);
	jw_put_object(w, "sessions");
	for (size_t i = 0; i < count; i++) {
		jw_key_str(w, keys[i].session_id);
		write_key(w, &keys[i]);
	}
	jw_object_end(w);
	jw_object_end(w);
}

static void write_rooms(struct json_writer *w, const struct backup_key_list *list)
{
	jw_object(w);
	jw_put_object(w, "rooms");
	for (size_t from = 0; from < list->count;) {
		size_t upto = from;
		while (upto < list->count &&
			str_eq(list->items[upto].room_id, list->items[from].room_id))
			upto++;
		jw_key_str(w, list->items[from].room_id);
		write_sessions(w, list->items + from, upto - from);
		from = upto;
	}
	jw_object_end(w);
	jw_object_end(w);
}

static enum http_outcome keys_get(struct http_request *request, struct http_reply *reply)
{
	struct backup_range range;
	struct backup backup;
	struct backup_key_list list;
	if (!read_range(request, reply, &range))
		return HTTP_REPLY;
	enum status status = backup_store_find(
		api_db(request), request->arena, range.user_id, range.version, &backup);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "Unknown backup version");
	if (status == STATUS_OK)
		status = backup_store_keys(api_db(request), request->arena, &range, &list);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	if (range.room_id.p == NULL)
		write_rooms(&reply->json, &list);
	else if (range.session_id.p == NULL)
		write_sessions(&reply->json, list.items, list.count);
	else if (list.count == 0)
		return http_error(reply, 404, "M_NOT_FOUND", "No such key in the backup");
	else
		write_key(&reply->json, &list.items[0]);
	return HTTP_REPLY;
}

/* --- DELETE --- */

struct deletion {
	struct backup_range range;
	struct backup sums; /* out */
};

static enum status delete_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	struct deletion *deletion = arg;
	const struct backup_range *range = &deletion->range;
	struct backup backup;
	int64_t deleted = 0;
	enum status status =
		backup_store_find(tx->db, tx->arena, range->user_id, range->version, &backup);
	if (status == STATUS_OK)
		status = backup_store_keys_delete(tx, range, &deleted);
	if (status == STATUS_OK && deleted > 0) {
		backup.count -= deleted;
		status = backup_store_set_sums(
			tx, range->user_id, range->version, ++backup.etag, backup.count);
	}
	if (status == STATUS_OK)
		deletion->sums = (struct backup){.etag = backup.etag, .count = backup.count};
	return status;
}

static enum http_outcome keys_delete(struct http_request *request, struct http_reply *reply)
{
	struct deletion deletion = {0};
	if (!read_range(request, reply, &deletion.range))
		return HTTP_REPLY;
	enum status status = api_write(request, delete_change, &deletion);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "Unknown backup version");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	return write_sums(request, reply, &deletion.sums);
}
