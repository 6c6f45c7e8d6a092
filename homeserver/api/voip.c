/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Voice over IP". */
#include "homeserver/api/api.h"

#define TTL_SECONDS 86400 /* before a client asks again */

static enum http_outcome turn_server_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/voip/turnServer", AUTH_USER, LIMIT_READ, BODY_NONE, 0,
		turn_server_get},
};

const struct http_routes api_voip_routes = {routes, ARRAY_LEN(routes)};

/* No TURN server is configured. The members are there all the same: the specification requires
 * them, and no URI means no server. */
static enum http_outcome turn_server_get(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;
	(void)request;
	jw_object(w);
	jw_put_c_str(w, "username", "");
	jw_put_c_str(w, "password", "");
	jw_put_array(w, "uris");
	jw_array_end(w);
	jw_put_int(w, "ttl", TTL_SECONDS);
	jw_object_end(w);
	return HTTP_REPLY;
}
