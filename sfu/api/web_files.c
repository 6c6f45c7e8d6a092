/* SPDX-License-Identifier: Apache-2.0 */
/* The meeting page's files, from the folder sfu.web_dir. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "common/http/target.h"
#include "config/config.h"
#include "sfu/api/api.h"
#include "sfu/sfu.h"

#define PATH_BYTES_MAX 512

static enum http_outcome file_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome index_get(struct http_request *request, struct http_reply *reply);

static const struct http_route routes[] = {
	{HTTP_GET, "/test", 0, LIMIT_NONE, BODY_NONE, 0, index_get},
	{HTTP_GET, "/m/{id}", 0, LIMIT_NONE, BODY_NONE, 0, index_get},
	{HTTP_GET, "/{path*}", 0, LIMIT_NONE, BODY_NONE, 0, file_get},
};

const struct http_routes api_web_routes = {routes, ARRAY_LEN(routes)};

static const struct {
	struct str ending;
	const char *type;
} types[] = {
	{STR_INIT(".html"), "text/html; charset=utf-8"},
	{STR_INIT(".js"), "text/javascript; charset=utf-8"},
	{STR_INIT(".mjs"), "text/javascript; charset=utf-8"},
	{STR_INIT(".css"), "text/css; charset=utf-8"},
	{STR_INIT(".json"), "application/json"},
	{STR_INIT(".webmanifest"), "application/manifest+json"},
	{STR_INIT(".svg"), "image/svg+xml"},
	{STR_INIT(".png"), "image/png"},
	{STR_INIT(".ico"), "image/x-icon"},
	{STR_INIT(".woff2"), "font/woff2"},
	{STR_INIT(".wasm"), "application/wasm"},
	{STR_INIT(".txt"), "text/plain; charset=utf-8"},
};

static const char *type_of(struct str path)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (str_ends(path, types[i].ending))
			return types[i].type;
	}
	return "application/octet-stream";
}

/* "ws://host" is "http://host" to fetch(). */
static struct str http_form(struct arena *arena, const char *url)
{
	struct str s = str_c(url);
	return str_starts(s, STR("ws")) ? arena_printf(arena, "http%.*s", STR_FMT(str_skip(s, 2)))
					: s;
}

static void security_headers(struct http_request *request, struct http_reply *reply)
{
	const struct config *config = api_sfu(request)->config;
	struct str signal_http = http_form(request->arena, config->sfu.signal_url);
	struct str policy = arena_printf(request->arena,
		"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
		"img-src 'self' blob: data:; media-src 'self' blob: mediastream:; "
		"worker-src 'self' blob:; manifest-src 'self'; connect-src 'self' %s https://%s %s "
		"%.*s; "
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		config->homeserver.public_url, config->server_name, config->sfu.signal_url,
		STR_FMT(signal_http));
	http_reply_header(reply, "Content-Security-Policy", policy.p);
	http_reply_header(reply, "X-Content-Type-Options", "nosniff");
	http_reply_header(reply, "Referrer-Policy", "no-referrer");
	http_reply_header(reply, "Permissions-Policy",
		"camera=(self), microphone=(self), display-capture=(self)");
}

/* What a browser asks for is a path of plain names: no "..", nothing hidden. */
static bool is_plain(struct str path)
{
	struct str rest = path, part;
	if (path.n == 0 || path.n > PATH_BYTES_MAX || str_contains_nul(path))
		return false;
	while (str_cut(&rest, '/', &part)) {
		if (part.n == 0 || part.p[0] == '.')
			return false;
	}
	return true;
}

static enum http_outcome send_file(
	struct http_request *request, struct http_reply *reply, struct str path, bool for_ever)
{
	FD_SCOPE int fd = -1;
	struct stat st;
	const char *folder = api_sfu(request)->config->sfu.web_dir;
	if (is_plain(path)) {
		struct str full = arena_printf(request->arena, "%s/%.*s", folder, STR_FMT(path));
		fd = open(full.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	}
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return http_error(reply, 404, "M_UNRECOGNIZED", "No such file");
	reply->file_fd = fd;
	reply->file_size = st.st_size;
	fd = -1;
	reply->content_type = type_of(path);
	http_reply_header(reply, "Cache-Control",
		for_ever ? "public, max-age=31536000, immutable" : "no-cache");
	security_headers(request, reply);
	return HTTP_REPLY;
}

static enum http_outcome index_get(struct http_request *request, struct http_reply *reply)
{
	return send_file(request, reply, STR("index.html"), false);
}

static enum http_outcome file_get(struct http_request *request, struct http_reply *reply)
{
	struct str path = request->params[0];
	if (path.n == 0)
		return index_get(request, reply);
	return send_file(request, reply, path, str_starts(path, STR("assets/")));
}
