/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Published room directory" and "Room summaries". */
#include "homeserver/api/rooms.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/room/room_summary.h"
#include "homeserver/store/membership_store.h"
#include "homeserver/store/room_store.h"

#define DEFAULT_LIMIT 100
#define MAX_LIMIT     500
#define BATCH	      50

/* One page asked for. */
struct page {
	struct room_directory_cursor from;
	bool forward;
	bool is_first;
	size_t limit;
	struct str term;
	const struct room_network *network; /* NULL: this server's directory */
	const struct json *room_types;	    /* array of strings and nulls; NULL: all */
	struct room_summary *items;
	struct room_directory_cursor *cursors;
	size_t count;
	bool has_more;
};

/* "n12_34": rooms behind the one with 12 members and key 34; "p12_34": those before it. */
static bool cursor_parse(struct str token, struct page *page)
{
	struct str rest = str_skip(token, 1), count;

	page->forward = str_starts(token, STR("n"));
	return (page->forward || str_starts(token, STR("p"))) && str_cut(&rest, '_', &count) &&
	       str_to_i64(count, &page->from.joined_count) == STATUS_OK &&
	       str_to_i64(rest, &page->from.key) == STATUS_OK;
}

static struct str cursor_text(
	struct arena *arena, char direction, const struct room_directory_cursor *cursor)
{
	return arena_printf(arena, "%c%lld_%lld", direction, (long long)cursor->joined_count,
		(long long)cursor->key);
}

static bool is_of_type(const struct page *page, const struct room_summary *summary)
{
	if (page->room_types == NULL)
		return true;
	for (size_t i = 0; i < json_count(page->room_types); i++) {
		const struct json *wanted = json_at(page->room_types, i);

		if (json_is(wanted, JSON_NULL)
				? summary->room_type.p == NULL
				: summary->room_type.p != NULL &&
					  str_eq(json_str(wanted), summary->room_type))
			return true;
	}
	return false;
}

static enum status page_add(
	struct http_request *request, struct page *page, const struct room_row *room)
{
	struct room_summary summary;
	enum status status = room_summary_load(api_db(request), request->arena, room, &summary);

	if (status == STATUS_OK && is_of_type(page, &summary) &&
		room_summary_matches(&summary, page->term)) {
		page->items[page->count] = summary;
		page->cursors[page->count++] =
			(struct room_directory_cursor){room->joined_count, room->key};
	}
	return status;
}

static enum status read_batch(struct http_request *request, const struct page *page,
	struct room_directory_cursor from, struct room_rows *out)
{
	if (page->network == NULL)
		return room_store_directory(
			api_db(request), request->arena, from, page->forward, BATCH, out);
	return room_store_network_directory(
		api_db(request), request->arena, page->network, from, page->forward, BATCH, out);
}

/* One room more than the page holds tells whether there is another page. */
static enum status page_read(struct http_request *request, struct page *page)
{
	struct room_directory_cursor from = page->from;
	struct room_rows rooms = {NULL, BATCH};
	size_t wanted = page->limit + 1;
	enum status status = STATUS_OK;

	page->items = ARENA_ARRAY(request->arena, struct room_summary, wanted);
	page->cursors = ARENA_ARRAY(request->arena, struct room_directory_cursor, wanted);
	while (status == STATUS_OK && page->count < wanted && rooms.count == BATCH) {
		status = read_batch(request, page, from, &rooms);
		for (size_t i = 0; status == STATUS_OK && i < rooms.count && page->count < wanted;
			i++) {
			const struct room_row *room = &rooms.items[i];

			status = page_add(request, page, room);
			from = (struct room_directory_cursor){room->joined_count, room->key};
		}
	}
	page->has_more = page->count == wanted;
	if (page->has_more)
		page->count--;
	return status;
}

static void write_rooms(struct json_writer *w, const struct page *page)
{
	jw_put_array(w, "chunk");
	for (size_t i = 0; i < page->count; i++) {
		jw_object(w);
		room_summary_write(w, &page->items[page->forward ? i : page->count - 1 - i]);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void write_batches(
	struct http_request *request, struct json_writer *w, const struct page *page)
{
	const struct room_directory_cursor *first, *last;

	if (page->count == 0)
		return;
	first = &page->cursors[page->forward ? 0 : page->count - 1];
	last = &page->cursors[page->forward ? page->count - 1 : 0];
	if (page->has_more || !page->forward)
		jw_put_str(w, "next_batch", cursor_text(request->arena, 'n', last));
	if (page->forward ? !page->is_first : page->has_more)
		jw_put_str(w, "prev_batch", cursor_text(request->arena, 'p', first));
}

static enum http_outcome page_answer(
	struct http_request *request, struct http_reply *reply, struct page *page, struct str since)
{
	struct str server = http_query(request, "server");
	struct json_writer *w = &reply->json;
	int64_t total;
	enum status status;

	if (server.n != 0 && !str_eq(server, api_homeserver(request)->server_name))
		return http_error(
			reply, 404, "M_NOT_FOUND", "This server does not reach that server");
	page->from = (struct room_directory_cursor){INT64_MAX, 0};
	page->forward = true;
	page->is_first = since.n == 0;
	if (!page->is_first && !cursor_parse(since, page))
		return http_error(reply, 400, "M_INVALID_PARAM", "The token is not one of ours");
	status = page_read(request, page);
	if (status == STATUS_OK)
		status = page->network == NULL
				 ? room_store_directory_count(api_db(request), &total)
				 : room_store_network_count(api_db(request), page->network, &total);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(w);
	write_rooms(w, page);
	write_batches(request, w, page);
	jw_put_int(w, "total_room_count_estimate", total);
	jw_object_end(w);
	return HTTP_REPLY;
}

static enum http_outcome public_rooms_get(struct http_request *request, struct http_reply *reply)
{
	struct page page = {0};
	int64_t limit;

	if (!rooms_limit(request, reply, DEFAULT_LIMIT, MAX_LIMIT, &limit))
		return HTTP_REPLY;
	page.limit = (size_t)limit;
	return page_answer(request, reply, &page, http_query(request, "since"));
}

struct search_body {
	int64_t limit;
	struct str since;
	const struct json *filter;
	bool all_networks;
	struct str instance_id;
};

static const struct json_field search_fields[] = {
	{"limit", FIELD_INT, false, offsetof(struct search_body, limit), 0, false},
	{"since", FIELD_STR, false, offsetof(struct search_body, since), 0, false},
	{"filter", FIELD_OBJECT, false, offsetof(struct search_body, filter), 0, false},
	{"include_all_networks", FIELD_BOOL, false, offsetof(struct search_body, all_networks), 0,
		false},
	{"third_party_instance_id", FIELD_STR, false, offsetof(struct search_body, instance_id), 0,
		false},
};

/* Which directory is asked for. false: the reply is filled. */
static bool read_network(struct http_request *request, struct http_reply *reply,
	const struct search_body *body, struct page *page)
{
	const struct appservices *all = api_homeserver(request)->appservices;
	struct room_network *network;

	if (body->all_networks && body->instance_id.n != 0) {
		(void)http_error(reply, 400, "M_INVALID_PARAM",
			"third_party_instance_id and include_all_networks exclude each other");
		return false;
	}
	if (!body->all_networks && body->instance_id.n == 0)
		return true;
	page->network = network = ARENA_NEW(request->arena, struct room_network);
	if (body->all_networks)
		return true;
	for (size_t i = 0; i < appservices_count(all); i++) {
		struct str id = appservices_at(all, i)->id;

		if (str_starts(body->instance_id, id) && id.n < body->instance_id.n &&
			body->instance_id.p[id.n] == '|') {
			*network = (struct room_network){id, str_skip(body->instance_id, id.n + 1)};
			return true;
		}
	}
	(void)http_error(reply, 400, "M_INVALID_PARAM", "There is no such network");
	return false;
}

static enum http_outcome public_rooms_post(struct http_request *request, struct http_reply *reply)
{
	struct search_body body = {.limit = DEFAULT_LIMIT};
	struct page page = {0};
	const struct json *types;

	if (!API_READ_BODY(request, reply, search_fields, &body))
		return HTTP_REPLY;
	types = json_get(body.filter, "room_types");
	if (types != NULL && !json_is(types, JSON_NULL) && !json_is(types, JSON_ARRAY))
		return http_error(reply, 400, "M_BAD_JSON", "\"room_types\" has the wrong type");
	if (!read_network(request, reply, &body, &page))
		return HTTP_REPLY;
	page.room_types = json_is(types, JSON_ARRAY) ? types : NULL;
	page.term = json_str(json_get(body.filter, "generic_search_term"));
	page.limit = (size_t)(body.limit > MAX_LIMIT ? MAX_LIMIT : body.limit);
	return page_answer(request, reply, &page, body.since);
}

static void write_summary(struct http_request *request, struct json_writer *w,
	const struct room_summary *summary, enum membership membership)
{
	bool unstable = str_find(request->path, STR("/unstable/")) >= 0;

	jw_object(w);
	room_summary_write(w, summary);
	room_summary_write_more(w, summary);
	if (unstable)
		jw_put_str(w, "im.nheko.summary.room_version", summary->version);
	if (unstable && summary->encryption.p != NULL)
		jw_put_str(w, "im.nheko.summary.encryption", summary->encryption);
	if (api_requester(request) != NULL)
		jw_put_str(w, "membership", membership_name(membership));
	jw_object_end(w);
}

static enum http_outcome summary_get(struct http_request *request, struct http_reply *reply)
{
	const struct requester *who = api_requester(request);
	struct str user_id = who != NULL ? who->user_id : STR_EMPTY, room_id;
	struct room_row room;
	struct room_summary summary;
	enum membership membership;
	bool allowed;
	enum status status;

	if (!rooms_resolve(request, reply, request->params[0], &room_id))
		return HTTP_REPLY;
	status = room_store_find(api_db(request), request->arena, room_id, &room);
	if (status == STATUS_OK)
		status = room_summary_load(api_db(request), request->arena, &room, &summary);
	if (status == STATUS_OK)
		status = room_summary_visible(
			api_db(request), request->arena, &summary, user_id, &membership, &allowed);
	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !allowed))
		return http_error(reply, 404, "M_NOT_FOUND", "There is no such room for you");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	write_summary(request, &reply->json, &summary, membership);
	return HTTP_REPLY;
}

#define NHEKO "/_matrix/client/unstable/im.nheko.summary/"

static const struct http_route rows[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/publicRooms", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0,
		public_rooms_get},
	{HTTP_POST, "/_matrix/client/r0|v3/publicRooms", AUTH_USER, LIMIT_READ, BODY_JSON_OPTIONAL,
		0, public_rooms_post},
	{HTTP_GET, "/_matrix/client/v1/room_summary/{room_or_alias}", AUTH_OPTIONAL, LIMIT_READ,
		BODY_NONE, 0, summary_get},
	{HTTP_GET, NHEKO "summary/{room_or_alias}", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0,
		summary_get},
	{HTTP_GET, NHEKO "rooms/{room_or_alias}/summary", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0,
		summary_get},
};
extern const struct http_routes api_public_rooms_routes;
const struct http_routes api_public_rooms_routes = {rows, ARRAY_LEN(rows)};
