/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Mutual Rooms". */
#include "common/matrix/ids.h"
#include "homeserver/api/api.h"
#include "homeserver/store/membership_store.h"

#define PAGE 100

static enum http_outcome mutual_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/v1/mutual_rooms", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		mutual_get},
	{HTTP_GET, "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms", AUTH_USER,
		LIMIT_READ, BODY_NONE, 0, mutual_get},
};

extern const struct http_routes api_mutual_rooms_routes;
const struct http_routes api_mutual_rooms_routes = {routes, ARRAY_LEN(routes)};

/* false: the reply is filled. */
static bool read_query(struct http_request *request, struct http_reply *reply, struct str *user_out,
	int64_t *after)
{
	struct str from = http_query(request, "from");
	struct matrix_id id;

	*user_out = http_query(request, "user_id");
	*after = 0;
	if (user_out->p == NULL)
		(void)http_error(reply, 400, "M_MISSING_PARAM", "user_id is missing");
	else if (user_id_parse(*user_out, &id) != STATUS_OK)
		(void)http_error(reply, 400, "M_INVALID_PARAM", "This is not a user id");
	else if (str_eq(*user_out, api_requester(request)->user_id))
		(void)http_error(reply, 400, "M_INVALID_PARAM", "This is your own user id");
	else if (from.p != NULL && (str_to_i64(from, after) != STATUS_OK || *after < 0))
		(void)http_error(reply, 400, "M_INVALID_PARAM", "The token is not one of ours");
	else
		return true;
	return false;
}

static enum http_outcome mutual_get(struct http_request *request, struct http_reply *reply)
{
	struct str me = api_requester(request)->user_id, other;
	struct json_writer *w = &reply->json;
	struct str_list rooms;
	int64_t after, last, count;

	if (!read_query(request, reply, &other, &after))
		return HTTP_REPLY;
	enum status status = membership_mutual_rooms(
		api_db(request), request->arena, me, other, after, PAGE, &rooms, &last);
	if (status == STATUS_OK)
		status = membership_mutual_count(api_db(request), me, other, &count);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(w);
	jw_put_array(w, "joined");
	for (size_t i = 0; i < rooms.count; i++)
		jw_str(w, rooms.items[i]);
	jw_array_end(w);
	jw_put_int(w, "count", count);
	if (rooms.count == PAGE)
		jw_put_str(w, "next_batch", arena_printf(request->arena, "%lld", (long long)last));
	jw_object_end(w);
	return HTTP_REPLY;
}
