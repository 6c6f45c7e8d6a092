/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Server Discovery"; server-server API: "Resolving server names". */
#include "config/config.h"
#include "homeserver/api/api.h"
#include "homeserver/api/rtc.h"

static enum http_outcome client_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome server_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/.well-known/matrix/client", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, client_get},
	{HTTP_GET, "/.well-known/matrix/server", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, server_get},
};

const struct http_routes api_well_known_routes = {routes, ARRAY_LEN(routes)};

static enum http_outcome client_get(struct http_request *request, struct http_reply *reply)
{
	const struct config *config = api_homeserver(request)->config;
	struct json_writer *w = &reply->json;
	jw_object(w);
	jw_put_object(w, "m.homeserver");
	jw_put_c_str(w, "base_url", config->homeserver.public_url);
	jw_object_end(w);
	jw_key(w, "org.matrix.msc4143.rtc_foci");
	rtc_write_transports(w, config);
	jw_object_end(w);
	return HTTP_REPLY;
}

/* "https://matrix.ville.example/" is reached by other servers at "matrix.ville.example:443". */
static struct str delegated_to(struct arena *arena, struct str url)
{
	bool secure = str_starts(url, STR("https://"));
	struct str host = str_skip(url, secure ? 8 : 7);
	ptrdiff_t slash = str_index(host, '/');
	if (slash >= 0)
		host = str_slice(host, 0, (size_t)slash);
	ptrdiff_t colon = str_rindex(host, ':');
	ptrdiff_t bracket = str_rindex(host, ']');
	if (colon > bracket)
		return host;
	return arena_printf(arena, "%.*s:%d", STR_FMT(host), secure ? 443 : 80);
}

static enum http_outcome server_get(struct http_request *request, struct http_reply *reply)
{
	struct str url = str_c(api_homeserver(request)->config->homeserver.public_url);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "m.server", delegated_to(request->arena, url));
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}
