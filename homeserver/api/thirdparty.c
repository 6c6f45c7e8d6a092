/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Third-party Lookup". */
#include "homeserver/api/api.h"

/* No application service of this server offers a network to look things up in. */
static enum http_outcome protocols_get(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	(void)reply;
	return HTTP_REPLY;
}

static const struct http_route routes[] = {
	{HTTP_GET, "/_matrix/client/r0|v3/thirdparty/protocols", AUTH_USER, LIMIT_READ, BODY_NONE,
		0, protocols_get},
};

const struct http_routes api_thirdparty_routes = {routes, ARRAY_LEN(routes)};
