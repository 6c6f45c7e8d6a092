/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Spaces": the hierarchy below a space. */
#include "homeserver/api/rooms.h"
#include "homeserver/room/space_walk.h"

#define DEFAULT_LIMIT 50
#define MAX_LIMIT     100
#define DEFAULT_DEPTH 20
#define MAX_DEPTH     50

/* "40_20_1": 40 rooms are told; the depth and whether only suggested rooms count must stay. */
static bool token_ok(struct str token, struct space_walk *walk)
{
	struct str rest = token, part;
	int64_t skip, depth, suggested;

	if (!str_cut(&rest, '_', &part) || str_to_i64(part, &skip) != STATUS_OK || skip < 0 ||
		skip > SPACE_WALK_MAX_ROOMS)
		return false;
	if (!str_cut(&rest, '_', &part) || str_to_i64(part, &depth) != STATUS_OK ||
		depth != (int64_t)walk->max_depth)
		return false;
	if (str_to_i64(rest, &suggested) != STATUS_OK ||
		suggested != (walk->suggested_only ? 1 : 0))
		return false;
	walk->skip = (size_t)skip;
	return true;
}

static bool read_walk(
	struct http_request *request, struct http_reply *reply, struct space_walk *walk)
{
	struct str depth_text = http_query(request, "max_depth");
	struct str from = http_query(request, "from");
	int64_t limit, depth = DEFAULT_DEPTH;

	if (!rooms_limit(request, reply, DEFAULT_LIMIT, MAX_LIMIT, &limit))
		return false;
	if (limit == 0 || (depth_text.p != NULL &&
				  (str_to_i64(depth_text, &depth) != STATUS_OK || depth < 0))) {
		(void)http_error(reply, 400, "M_INVALID_PARAM",
			"limit must be above zero and max_depth not below");
		return false;
	}
	walk->limit = (size_t)limit;
	walk->max_depth = (size_t)(depth > MAX_DEPTH ? MAX_DEPTH : depth);
	walk->suggested_only = str_eq_c(http_query(request, "suggested_only"), "true");
	if (from.n == 0 || token_ok(from, walk))
		return true;
	(void)http_error(reply, 400, "M_INVALID_PARAM",
		"The token is not one of ours, or it is of another request");
	return false;
}

static void write_child(struct json_writer *w, const struct event *child)
{
	jw_object(w);
	jw_put_str(w, "type", child->type);
	jw_put_str(w, "state_key", child->state_key);
	jw_put_value(w, "content", child->content);
	jw_put_str(w, "sender", child->sender);
	jw_put_int(w, "origin_server_ts", child->origin_server_ts);
	jw_object_end(w);
}

static void write_room(struct json_writer *w, const struct space_room *room)
{
	jw_object(w);
	room_summary_write(w, &room->summary);
	room_summary_write_more(w, &room->summary);
	jw_put_array(w, "children_state");
	for (size_t i = 0; i < room->children.count; i++)
		write_child(w, room->children.items[i]);
	jw_array_end(w);
	jw_object_end(w);
}

static enum http_outcome hierarchy_get(struct http_request *request, struct http_reply *reply)
{
	struct space_walk walk = {
		.room_id = request->params[0], .user_id = api_requester(request)->user_id};
	struct json_writer *w = &reply->json;
	struct space_rooms rooms;
	enum status status;

	if (!read_walk(request, reply, &walk))
		return HTTP_REPLY;
	status = space_walk_read(api_db(request), request->arena, &walk, &rooms);
	if (status == STATUS_DENIED)
		return http_error(reply, 403, "M_FORBIDDEN", "You may not look into this room");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(w);
	jw_put_array(w, "rooms");
	for (size_t i = 0; i < rooms.count; i++)
		write_room(w, &rooms.items[i]);
	jw_array_end(w);
	if (rooms.has_more)
		jw_put_str(w, "next_batch",
			arena_printf(request->arena, "%zu_%zu_%d", walk.skip + rooms.count,
				walk.max_depth, walk.suggested_only ? 1 : 0));
	jw_object_end(w);
	return HTTP_REPLY;
}

static const struct http_route rows[] = {
	{HTTP_GET, "/_matrix/client/v1/rooms/{room}/hierarchy", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		hierarchy_get},
};
extern const struct http_routes api_spaces_routes;
const struct http_routes api_spaces_routes = {rows, ARRAY_LEN(rows)};
