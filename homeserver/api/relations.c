/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Relationships API" and "Querying threads in a room". */
#include "homeserver/api/rooms.h"
#include "homeserver/room/room_events.h"
#include "homeserver/store/relation_store.h"
#include "homeserver/stream/stream_token.h"

#define DEFAULT_LIMIT 20
#define MAX_LIMIT     100
#define MAX_DEPTH     3

static bool read_token(
	struct http_request *request, struct http_reply *reply, const char *name, int64_t *position)
{
	struct str token = http_query(request, name);

	if (token.n == 0 || stream_token_parse(token, position) == STATUS_OK)
		return true;
	(void)http_error(reply, 400, "M_INVALID_PARAM", "The token is not one of ours");
	return false;
}

static bool read_query(struct http_request *request, struct http_reply *reply,
	struct relation_query *query, int64_t *from)
{
	struct str dir = http_query(request, "dir");
	int64_t limit, to;

	query->backward = dir.n == 0 || str_eq_c(dir, "b");
	if (!query->backward && !str_eq_c(dir, "f")) {
		(void)http_error(reply, 400, "M_INVALID_PARAM", "dir must be b or f");
		return false;
	}
	*from = query->backward ? INT64_MAX : 0;
	to = query->backward ? 0 : INT64_MAX;
	if (!rooms_limit(request, reply, DEFAULT_LIMIT, MAX_LIMIT, &limit) ||
		!read_token(request, reply, "from", from) || !read_token(request, reply, "to", &to))
		return false;
	query->after = query->backward ? to : *from;
	query->upto = query->backward ? *from : to;
	query->limit = (size_t)limit + 1;
	query->depth = str_eq_c(http_query(request, "recurse"), "true") ? MAX_DEPTH : 1;
	query->rel_type = request->param_count > 2 ? request->params[2] : STR_EMPTY;
	query->type = request->param_count > 3 ? request->params[3] : STR_EMPTY;
	return true;
}

/* One row more than asked for tells whether there is another page. */
static enum status write_children(struct http_request *request, struct http_reply *reply,
	const struct rooms_view *view, const struct relation_query *query, struct event_rows *rows)
{
	struct json_writer *w = &reply->json;
	bool has_more = rows->count == query->limit;
	int64_t last = 0;
	enum status status = STATUS_OK;

	if (has_more)
		rows->count--;
	jw_object(w);
	jw_put_array(w, "chunk");
	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++) {
		struct event *event;

		last = rows->items[i].position;
		status = event_from_row(request->arena, &rows->items[i], &event);
		if (status == STATUS_OK && visibility_allows(view->visibility, event))
			status = event_write_client(w, event, &view->format);
	}
	jw_array_end(w);
	if (has_more && rows->count != 0)
		jw_put_str(w, "next_batch",
			stream_token(request->arena, query->backward ? last - 1 : last));
	if (http_query(request, "from").n != 0)
		jw_put_str(w, "prev_batch", http_query(request, "from"));
	if (query->depth > 1)
		jw_put_int(w, "recursion_depth", query->depth);
	jw_object_end(w);
	return status;
}

static enum http_outcome relations_get(struct http_request *request, struct http_reply *reply)
{
	struct relation_query query = {0};
	struct rooms_view view;
	struct event_rows rows;
	struct event *parent;
	int64_t from;
	enum status status;

	if (!read_query(request, reply, &query, &from) ||
		!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	status = room_event_find(api_db(request), request->arena, request->params[1], &parent);
	if (status == STATUS_NOT_FOUND ||
		(status == STATUS_OK && (!str_eq(parent->room_id, view.room_id) ||
						!visibility_allows(view.visibility, parent))))
		return http_error(reply, 404, "M_NOT_FOUND", "There is no such event for you");
	if (status == STATUS_OK) {
		query.parent = parent->position;
		status = relation_list(api_db(request), request->arena, &query, &rows);
	}
	if (status == STATUS_OK)
		status = write_children(request, reply, &view, &query, &rows);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

static enum status write_threads(struct http_request *request, struct http_reply *reply,
	const struct rooms_view *view, struct thread_rows *threads, size_t limit)
{
	struct json_writer *w = &reply->json;
	bool has_more = threads->count > limit;
	enum status status = STATUS_OK;

	if (has_more)
		threads->count = limit;
	jw_object(w);
	jw_put_array(w, "chunk");
	for (size_t i = 0; i < threads->count && status == STATUS_OK; i++) {
		struct event *root;

		status = room_event_at(
			api_db(request), request->arena, threads->items[i].root, &root);
		if (status == STATUS_OK && visibility_allows(view->visibility, root))
			status = event_write_client(w, root, &view->format);
	}
	jw_array_end(w);
	if (has_more && limit > 0)
		jw_put_str(w, "next_batch",
			stream_token(request->arena, threads->items[limit - 1].latest - 1));
	jw_object_end(w);
	return status;
}

static enum http_outcome threads_get(struct http_request *request, struct http_reply *reply)
{
	struct str include = http_query(request, "include");
	int64_t from = INT64_MAX - 1, limit;
	struct rooms_view view;
	struct thread_rows threads;
	enum status status;

	if (include.n != 0 && !str_eq_c(include, "all") && !str_eq_c(include, "participated"))
		return http_error(
			reply, 400, "M_INVALID_PARAM", "include must be all or participated");
	if (!rooms_limit(request, reply, DEFAULT_LIMIT, MAX_LIMIT, &limit) ||
		!read_token(request, reply, "from", &from) ||
		!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	status =
		relation_threads(api_db(request), request->arena, view.room_id, view.format.user_id,
			str_eq_c(include, "participated"), from + 1, (size_t)limit + 1, &threads);
	if (status == STATUS_OK)
		status = write_threads(request, reply, &view, &threads, (size_t)limit);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

#define ROOM "/_matrix/client/v1/rooms/{room}/"

static const struct http_route rows[] = {
	{HTTP_GET, ROOM "relations/{event}", AUTH_USER, LIMIT_READ, BODY_NONE, 0, relations_get},
	{HTTP_GET, ROOM "relations/{event}/{rel_type}", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		relations_get},
	{HTTP_GET, ROOM "relations/{event}/{rel_type}/{type}", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		relations_get},
	{HTTP_GET, ROOM "threads", AUTH_USER, LIMIT_READ, BODY_NONE, 0, threads_get},
};
extern const struct http_routes api_relations_routes;
const struct http_routes api_relations_routes = {rows, ARRAY_LEN(rows)};
