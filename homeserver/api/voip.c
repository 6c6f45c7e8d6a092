/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client-server API: "Voice over IP". Credentials for the TURN server are made, not stored
 * (common/crypto/turn_credentials.h).
 */
#include "common/base/clock.h"
#include "common/crypto/turn_credentials.h"
#include "config/config.h"
#include "homeserver/api/api.h"

#define NO_SERVER_SECONDS 86400 /* before a client asks again */

static enum http_outcome turn_server_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/voip/turnServer", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		turn_server_get},
};

const struct http_routes api_voip_routes = {routes, ARRAY_LEN(routes)};

/* The members are there without a server too: the specification requires them, and no URI means no
 * server. */
static enum http_outcome turn_server_get(struct http_request *request, struct http_reply *reply)
{
	const struct config_turn *turn = &api_homeserver(request)->config->turn;
	struct json_writer *w = &reply->json;
	struct turn_credentials credentials = {STR(""), STR("")};
	bool has_server = turn->uris_count > 0;
	if (has_server) {
		int64_t until = clock_wall_ms() / 1000 + turn->lifetime;
		credentials = turn_credentials_make(request->arena, str_c(turn->secret),
			api_requester(request)->user_id, until);
	}
	jw_object(w);
	jw_put_str(w, "username", credentials.username);
	jw_put_str(w, "password", credentials.password);
	jw_put_array(w, "uris");
	for (unsigned i = 0; i < turn->uris_count; i++)
		jw_c_str(w, turn->uris[i]);
	jw_array_end(w);
	jw_put_int(w, "ttl", has_server ? (int64_t)turn->lifetime : NO_SERVER_SECONDS);
	jw_object_end(w);
	return HTTP_REPLY;
}
