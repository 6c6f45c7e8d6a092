/* SPDX-License-Identifier: Apache-2.0 */
/* Client-server API: "Server Discovery"; server-server API: "Resolving server names". */
#include "config/config.h"
#include "homeserver/api/api.h"
#include "homeserver/api/rtc.h"

static enum http_outcome client_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome server_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome support_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/.well-known/matrix/client", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, client_get},
	{HTTP_GET, "/.well-known/matrix/server", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, server_get},
	{HTTP_GET, "/.well-known/matrix/support", AUTH_NONE, LIMIT_NONE, BODY_NONE, 0, support_get},
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

static void write_contact(
	struct json_writer *w, const char *role, struct str matrix_id, struct str email)
{
	if (matrix_id.n == 0 && email.n == 0)
		return;
	jw_object(w);
	if (matrix_id.n > 0)
		jw_put_str(w, "matrix_id", matrix_id);
	if (email.n > 0)
		jw_put_str(w, "email_address", email);
	jw_put_c_str(w, "role", role);
	jw_object_end(w);
}

static enum http_outcome support_get(struct http_request *request, struct http_reply *reply)
{
	const struct config_homeserver *config = &api_homeserver(request)->config->homeserver;
	struct str page = str_c(config->support_page), email = str_c(config->support_email);
	struct str matrix_id = str_c(config->support_matrix_id);
	struct str security = str_c(config->security_email);
	struct json_writer *w = &reply->json;
	bool has_contact = email.n + matrix_id.n + security.n > 0;
	if (!has_contact && page.n == 0)
		return http_error(
			reply, 404, "M_NOT_FOUND", "Nobody has said whom to ask about this server");
	jw_object(w);
	if (has_contact) {
		jw_put_array(w, "contacts");
		write_contact(w, "m.role.admin", matrix_id, email);
		write_contact(w, "m.role.security", STR_EMPTY, security);
		jw_array_end(w);
	}
	if (page.n > 0)
		jw_put_str(w, "support_page", page);
	jw_object_end(w);
	return HTTP_REPLY;
}
