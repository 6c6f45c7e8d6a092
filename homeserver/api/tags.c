/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Room Tagging". Tags are the room's account data "m.tag". */
#include "common/matrix/ids.h"
#include "homeserver/api/api.h"
#include "homeserver/store/account_data_store.h"
#include "homeserver/stream/streams.h"

#define TAG_MAX_BYTES  255
#define TAG_DATA_BYTES 4096
#define TAGS_MAX       100 /* of one room */

static enum http_outcome tags_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome tag_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome tag_delete(struct http_request *request, struct http_reply *reply);

#define TAGS "/_matrix/client/r0|v3/user/{user}/rooms/{room}/tags"

static const struct http_route routes[] = {
	{HTTP_GET, TAGS, AUTH_USER, LIMIT_READ, BODY_NONE, 0, tags_get},
	{HTTP_PUT, TAGS "/{tag}", AUTH_USER, LIMIT_WRITE, BODY_JSON, TAG_DATA_BYTES, tag_put},
	{HTTP_DELETE, TAGS "/{tag}", AUTH_USER, LIMIT_WRITE, BODY_NONE, 0, tag_delete},
};

const struct http_routes api_tags_routes = {routes, ARRAY_LEN(routes)};

static bool may_use(struct http_request *request, struct http_reply *reply)
{
	if (!str_eq(request->params[0], api_requester(request)->user_id))
		(void)http_error(reply, 403, "M_FORBIDDEN", "You cannot see or set others' tags");
	else if (!room_id_ok(request->params[1]))
		(void)http_error(reply, 400, "M_INVALID_PARAM", "This is not a room id");
	else if (request->param_count == 3 && request->params[2].n > TAG_MAX_BYTES)
		(void)http_error(reply, 400, "M_INVALID_PARAM", "The tag is too long");
	else
		return true;
	return false;
}

static enum http_outcome tags_get(struct http_request *request, struct http_reply *reply)
{
	struct str content = STR("{\"tags\":{}}");
	if (!may_use(request, reply))
		return HTTP_REPLY;
	enum status status = account_data_get(api_db(request), request->arena, request->params[0],
		request->params[1], STR("m.tag"), &content);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return api_status(reply, status, NULL);
	jw_raw(&reply->json, content);
	return HTTP_REPLY;
}

struct tag_change {
	struct str user_id;
	struct str room_id;
	struct str tag;
	const struct json *data; /* NULL: the tag goes */
};

/* The tags there are, without the one that changes, then that one. */
static enum status write_tags(
	const struct tag_change *change, const struct json *tags, struct buf *out)
{
	struct json_writer w;
	size_t count = 0;
	jw_init(&w, out);
	jw_object(&w);
	jw_put_object(&w, "tags");
	for (struct json_iter i = json_iter(tags); json_next(&i);) {
		if (str_eq(i.key, change->tag))
			continue;
		jw_key_str(&w, i.key);
		jw_value(&w, i.value);
		count++;
	}
	if (change->data != NULL) {
		jw_key_str(&w, change->tag);
		jw_value(&w, change->data);
		count++;
	}
	jw_object_end(&w);
	jw_object_end(&w);
	return count > TAGS_MAX ? STATUS_TOO_LARGE : buf_status(out);
}

static enum status tag_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct tag_change *change = arg;
	struct str content = STR("{}");
	const struct json *old;
	enum status status = account_data_get(
		tx->db, tx->arena, change->user_id, change->room_id, STR("m.tag"), &content);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	status = json_parse(tx->arena, content, &old, NULL);
	if (status != STATUS_OK)
		return STATUS_INTERNAL;
	BUF_SCOPE(text, ACCOUNT_DATA_MAX_BYTES);
	status = write_tags(change, json_get(old, "tags"), &text);
	if (status != STATUS_OK)
		return status;
	const struct account_data data = {
		.room_id = change->room_id,
		.type = STR("m.tag"),
		.content = buf_str(&text),
		.position = stream_next(tx),
	};
	status = account_data_put(tx, change->user_id, &data);
	if (status == STATUS_OK)
		stream_touch_user(tx, change->user_id);
	return status;
}

static enum http_outcome change_tag(
	struct http_request *request, struct http_reply *reply, const struct json *data)
{
	struct tag_change change = {
		.user_id = request->params[0],
		.room_id = request->params[1],
		.tag = request->params[2],
		.data = data,
	};
	enum status status = api_write(request, tag_change, &change);
	if (status == STATUS_TOO_LARGE)
		return api_status(reply, status, "The room has too many tags already");
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

static enum http_outcome tag_put(struct http_request *request, struct http_reply *reply)
{
	if (!may_use(request, reply))
		return HTTP_REPLY;
	const struct json *order = json_get(request->json, "order");
	if (order != NULL && !json_is(order, JSON_REAL) && !json_is(order, JSON_INT))
		return http_error(reply, 400, "M_BAD_JSON", "\"order\" must be a number");
	return change_tag(request, reply, request->json);
}

static enum http_outcome tag_delete(struct http_request *request, struct http_reply *reply)
{
	if (!may_use(request, reply))
		return HTTP_REPLY;
	return change_tag(request, reply, NULL);
}
