/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Application service room directory management": which rooms an application
 * service lists for the networks it bridges to. */
#include "homeserver/api/api.h"
#include "homeserver/appservice/appservices.h"
#include "homeserver/store/room_store.h"

#define NETWORK_ID_MAX 255

static enum http_outcome listed_put(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_PUT, "/_matrix/client/r0|v3/directory/list/appservice/{network}/{room}",
		AUTH_APPSERVICE, LIMIT_WRITE, BODY_JSON, 0, listed_put},
};

extern const struct http_routes api_networks_routes;
const struct http_routes api_networks_routes = {routes, ARRAY_LEN(routes)};

struct listed_change {
	struct room_network network;
	int64_t room_key;
	bool listed;
};

static enum status listed_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct listed_change *change = arg;
	return room_store_set_listed(tx, &change->network, change->room_key, change->listed);
}

static enum http_outcome listed_put(struct http_request *request, struct http_reply *reply)
{
	struct str visibility = json_str(json_get(request->json, "visibility"));
	struct listed_change change = {
		.network = {api_requester(request)->appservice->id, request->params[0]},
		.listed = str_eq_c(visibility, "public"),
	};
	struct room_row room;
	if (request->params[0].n > NETWORK_ID_MAX)
		return http_error(reply, 400, "M_INVALID_PARAM", "The network's id is too long");
	if (!change.listed && !str_eq_c(visibility, "private"))
		return http_error(
			reply, 400, "M_INVALID_PARAM", "\"visibility\" must be public or private");
	enum status status =
		room_store_find(api_db(request), request->arena, request->params[1], &room);
	if (status != STATUS_OK)
		return api_status(
			reply, status, status == STATUS_NOT_FOUND ? "There is no such room" : NULL);
	change.room_key = room.key;
	status = api_write(request, listed_change, &change);
	return status == STATUS_OK ? HTTP_REPLY : api_status(reply, status, NULL);
}
