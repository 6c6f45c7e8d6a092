/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Getting events for a room" (event, messages) and "Event context". */
#include "homeserver/api/rooms.h"
#include "homeserver/room/room_page.h"
#include "homeserver/stream/stream_token.h"
#include "homeserver/stream/streams.h"
#include "homeserver/sync/filter.h"

#define DEFAULT_LIMIT 10
#define MAX_LIMIT     1000

static bool passes_filter(const void *context, const struct event *event)
{
	return event_filter_passes(context, event);
}

/* The `filter` parameter; all zero when absent. false: the reply is filled. */
static bool read_filter(
	struct http_request *request, struct http_reply *reply, struct event_filter *out)
{
	struct str text = http_query(request, "filter");
	const struct json *json;
	const char *why = "filter is not JSON";

	*out = (struct event_filter){0};
	if (text.n == 0)
		return true;
	if (json_parse(request->arena, text, &json, NULL) == STATUS_OK &&
		event_filter_parse(request->arena, json, out, &why) == STATUS_OK)
		return true;
	(void)http_error(reply, 400, "M_INVALID_PARAM", "%s", why);
	return false;
}

static enum http_outcome event_get(struct http_request *request, struct http_reply *reply)
{
	struct rooms_view view;
	struct event *event;
	enum status status;

	if (!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	status = room_event_find(api_db(request), request->arena, request->params[1], &event);
	if (status == STATUS_NOT_FOUND ||
		(status == STATUS_OK && (!str_eq(event->room_id, view.room_id) ||
						!visibility_allows(view.visibility, event))))
		return http_error(reply, 404, "M_NOT_FOUND", "There is no such event for you");
	if (status == STATUS_OK)
		status = event_write_client(&reply->json, event, &view.format);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

static enum status write_list(struct json_writer *w, const char *key,
	const struct event_list *events, const struct event_format *format)
{
	enum status status = STATUS_OK;

	jw_put_array(w, key);
	for (size_t i = 0; i < events->count && status == STATUS_OK; i++)
		status = event_write_client(w, events->items[i], format);
	jw_array_end(w);
	return status;
}

static bool sent_before(const struct event_list *events, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (str_eq(events->items[i]->sender, events->items[index]->sender))
			return true;
	return false;
}

/* Member events of those who sent the events, as they are at the position. */
static enum status senders_of(struct db *db, struct arena *arena, const struct rooms_view *view,
	const struct event_list *events, int64_t at, struct event_list *out)
{
	*out = (struct event_list){ARENA_ARRAY(arena, struct event *, events->count + 1), 0};
	for (size_t i = 0; i < events->count; i++) {
		struct event *member;
		enum status status;

		if (sent_before(events, i))
			continue;
		status = room_state_find(db, arena, view->room_id, STR("m.room.member"),
			events->items[i]->sender, at, &member);
		if (status != STATUS_OK)
			return status;
		if (member != NULL)
			out->items[out->count++] = member;
	}
	return STATUS_OK;
}

static int64_t newest_position(const struct event_list *events)
{
	int64_t newest = 0;

	for (size_t i = 0; i < events->count; i++)
		if (events->items[i]->position > newest)
			newest = events->items[i]->position;
	return newest;
}

static int64_t state_limit(const struct rooms_view *view, int64_t position)
{
	return position < view->state_at ? position : view->state_at;
}

/* from, to and dir. false: the reply is filled. */
static bool read_direction(
	struct http_request *request, struct http_reply *reply, struct room_page_request *page)
{
	struct str dir = http_query(request, "dir"), from = http_query(request, "from");
	struct str to = http_query(request, "to");

	page->backward = str_eq_c(dir, "b");
	if (!page->backward && !str_eq_c(dir, "f")) {
		(void)http_error(reply, 400, dir.p == NULL ? "M_MISSING_PARAM" : "M_INVALID_PARAM",
			"dir must be b or f");
		return false;
	}
	page->from = page->backward ? stream_current(api_homeserver(request)->streams) : 0;
	page->to = page->backward ? 0 : INT64_MAX;
	if ((from.n != 0 && stream_token_parse(from, &page->from) != STATUS_OK) ||
		(to.n != 0 && stream_token_parse(to, &page->to) != STATUS_OK)) {
		(void)http_error(reply, 400, "M_INVALID_PARAM", "The token is not one of ours");
		return false;
	}
	return true;
}

static enum status write_page(struct http_request *request, struct http_reply *reply,
	const struct rooms_view *view, const struct room_page_request *wish,
	const struct room_page *page)
{
	const struct event_filter *filter = wish->context;
	struct json_writer *w = &reply->json;
	struct event_list senders;
	enum status status;

	jw_object(w);
	jw_put_str(w, "start", stream_token(request->arena, wish->from));
	if (page->has_more)
		jw_put_str(w, "end", stream_token(request->arena, page->next));
	status = write_list(w, "chunk", &page->events, &view->format);
	if (status == STATUS_OK && filter->lazy_load_members) {
		status = senders_of(api_db(request), request->arena, view, &page->events,
			state_limit(view, newest_position(&page->events)), &senders);
		if (status == STATUS_OK)
			status = write_list(w, "state", &senders, &view->format);
	}
	jw_object_end(w);
	return status;
}

static enum http_outcome messages_get(struct http_request *request, struct http_reply *reply)
{
	struct room_page_request wish = {.passes = passes_filter};
	struct event_filter filter;
	struct rooms_view view;
	struct room_page page = {0};
	int64_t limit;
	enum status status;

	if (!read_direction(request, reply, &wish) || !read_filter(request, reply, &filter) ||
		!rooms_limit(request, reply, filter.limit > 0 ? filter.limit : DEFAULT_LIMIT,
			MAX_LIMIT, &limit) ||
		!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	wish.room_id = view.room_id;
	wish.visibility = view.visibility;
	wish.limit = event_filter_passes_room(&filter, view.room_id) ? (size_t)limit : 0;
	wish.context = &filter;
	status = room_page_read(api_db(request), request->arena, &wish, &page);
	/* A filter that names other rooms has nothing here, on no page. */
	if (!event_filter_passes_room(&filter, view.room_id))
		page.has_more = false;
	if (status == STATUS_OK)
		status = write_page(request, reply, &view, &wish, &page);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

/* The events around one. */
struct context {
	struct event *event;
	struct room_page before, after;
	struct event_filter filter;
	int64_t limit;
};

static enum status context_read(
	struct http_request *request, const struct rooms_view *view, struct context *context)
{
	struct room_page_request wish = {
		.room_id = view->room_id,
		.visibility = view->visibility,
		.from = context->event->position - 1,
		.backward = true,
		.limit = (size_t)(context->limit / 2),
		.passes = passes_filter,
		.context = &context->filter,
	};
	enum status status =
		room_page_read(api_db(request), request->arena, &wish, &context->before);

	if (status != STATUS_OK)
		return status;
	wish.from = context->event->position;
	wish.to = INT64_MAX;
	wish.backward = false;
	wish.limit = (size_t)(context->limit - context->limit / 2);
	return room_page_read(api_db(request), request->arena, &wish, &context->after);
}

/* Whole state at the newest event, or with lazy loading only the members who are seen. */
static enum status context_state(struct http_request *request, const struct rooms_view *view,
	const struct context *context, struct event_list *out)
{
	static const struct state_select others = {.without_type = STR_INIT("m.room.member")};
	const struct event_list *before = &context->before.events, *after = &context->after.events;
	struct db *db = api_db(request);
	struct event_list seen, members, rest;
	int64_t at = context->event->position;
	enum status status;

	if (after->count != 0)
		at = after->items[after->count - 1]->position;
	at = state_limit(view, at);
	if (!context->filter.lazy_load_members)
		return room_state_list(db, request->arena, view->room_id, at, NULL, out);
	seen.items = ARENA_ARRAY(request->arena, struct event *, before->count + after->count + 1);
	seen.count = 0;
	seen.items[seen.count++] = context->event;
	for (size_t i = 0; i < before->count; i++)
		seen.items[seen.count++] = before->items[i];
	for (size_t i = 0; i < after->count; i++)
		seen.items[seen.count++] = after->items[i];
	status = senders_of(db, request->arena, view, &seen, at, &members);
	if (status == STATUS_OK)
		status = room_state_list(db, request->arena, view->room_id, at, &others, &rest);
	if (status != STATUS_OK)
		return status;
	out->items = ARENA_ARRAY(request->arena, struct event *, members.count + rest.count + 1);
	out->count = 0;
	for (size_t i = 0; i < rest.count; i++)
		out->items[out->count++] = rest.items[i];
	for (size_t i = 0; i < members.count; i++)
		out->items[out->count++] = members.items[i];
	return STATUS_OK;
}

static enum status context_write(struct http_request *request, struct http_reply *reply,
	const struct rooms_view *view, const struct context *context)
{
	struct json_writer *w = &reply->json;
	struct event_list state;
	enum status status = context_state(request, view, context, &state);

	if (status != STATUS_OK)
		return status;
	jw_object(w);
	jw_put_str(w, "start", stream_token(request->arena, context->before.next));
	jw_put_str(w, "end", stream_token(request->arena, context->after.next));
	jw_key(w, "event");
	status = event_write_client(w, context->event, &view->format);
	if (status == STATUS_OK)
		status = write_list(w, "events_before", &context->before.events, &view->format);
	if (status == STATUS_OK)
		status = write_list(w, "events_after", &context->after.events, &view->format);
	if (status == STATUS_OK)
		status = write_list(w, "state", &state, &view->format);
	jw_object_end(w);
	return status;
}

static enum http_outcome context_get(struct http_request *request, struct http_reply *reply)
{
	struct context context = {0};
	struct rooms_view view;
	enum status status;

	if (!read_filter(request, reply, &context.filter) ||
		!rooms_limit(request, reply, DEFAULT_LIMIT, MAX_LIMIT, &context.limit) ||
		!rooms_view(request, reply, request->params[0], &view))
		return HTTP_REPLY;
	status = room_event_find(
		api_db(request), request->arena, request->params[1], &context.event);
	if (status == STATUS_NOT_FOUND ||
		(status == STATUS_OK &&
			(!str_eq(context.event->room_id, view.room_id) ||
				!visibility_allows(view.visibility, context.event))))
		return http_error(reply, 404, "M_NOT_FOUND", "There is no such event for you");
	if (status == STATUS_OK)
		status = context_read(request, &view, &context);
	if (status == STATUS_OK)
		status = context_write(request, reply, &view, &context);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}

#define ROOM "/_matrix/client/r0|v3/rooms/{room}/"

static const struct http_route rows[] = {
	{HTTP_GET, ROOM "event/{event}", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, event_get},
	{HTTP_GET, ROOM "messages", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, messages_get},
	{HTTP_GET, ROOM "context/{event}", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0, context_get},
};
extern const struct http_routes api_rooms_messages_routes;
const struct http_routes api_rooms_messages_routes = {rows, ARRAY_LEN(rows)};
