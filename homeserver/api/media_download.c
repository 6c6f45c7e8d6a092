/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downloads and thumbnails (specification, "Content repository"). The old paths without
 * authentication are frozen, as the specification asks since 1.12: they answer 404, unless the
 * client sends its token anyway.
 */
#include <unistd.h>

#include "common/base/clock.h"
#include "homeserver/api/api.h"
#include "homeserver/media/media_files.h"
#include "homeserver/media/media_headers.h"
#include "homeserver/media/thumbnailer.h"
#include "homeserver/store/media_store.h"

static enum http_outcome download_get(struct http_request *request, struct http_reply *reply);
static enum http_outcome thumbnail_get(struct http_request *request, struct http_reply *reply);

#define NEW "/_matrix/client/v1/media"
#define OLD "/_matrix/media/r0|v1|v3"

static const struct http_route rows[] = {
	{HTTP_GET, NEW "/download/{server}/{media}", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0,
		download_get},
	{HTTP_GET, NEW "/download/{server}/{media}/{name}", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0,
		download_get},
	{HTTP_GET, NEW "/thumbnail/{server}/{media}", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0,
		thumbnail_get},
	{HTTP_GET, OLD "/download/{server}/{media}", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0,
		download_get},
	{HTTP_GET, OLD "/download/{server}/{media}/{name}", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0,
		download_get},
	{HTTP_GET, OLD "/thumbnail/{server}/{media}", AUTH_OPTIONAL, LIMIT_READ, BODY_NONE, 0,
		thumbnail_get},
};
const struct http_routes api_media_download_routes = {rows, ARRAY_LEN(rows)};

static void write_headers(struct http_request *request, struct http_reply *reply, struct str type,
	struct str filename)
{
	reply->content_type = arena_c_str(request->arena, type);
	http_reply_header(
		reply, "Content-Disposition", media_disposition(request->arena, type, filename).p);
	http_reply_header(reply, "Content-Security-Policy", MEDIA_CSP);
	http_reply_header(reply, "Cross-Origin-Resource-Policy", "cross-origin");
	http_reply_header(reply, "X-Content-Type-Options", "nosniff");
	http_reply_header(reply, "Referrer-Policy", "no-referrer");
	/* What stands behind an id never changes; who may read it does. */
	http_reply_header(reply, "Cache-Control", "private, max-age=86400, immutable");
}

/* false: the reply is filled. */
static bool find_media(struct http_request *request, struct http_reply *reply, struct media *out)
{
	enum status status = STATUS_NOT_FOUND;
	if (api_requester(request) != NULL &&
		str_eq(request->params[0], api_homeserver(request)->server_name))
		status = media_store_find(api_db(request), request->arena, request->params[1], out);
	if (status == STATUS_OK && out->sha256.p == NULL) {
		if (out->expires_ts <= clock_wall_ms()) {
			status = STATUS_NOT_FOUND;
		} else {
			http_error(reply, 504, "M_NOT_YET_UPLOADED",
				"Content has not yet been uploaded");
			return false;
		}
	}
	if (status == STATUS_OK)
		return true;
	if (status == STATUS_NOT_FOUND)
		http_error(reply, 404, "M_NOT_FOUND", "There is no such content here");
	else
		api_status(reply, status, NULL);
	return false;
}

/* The content itself. */
static enum http_outcome send_content(struct http_request *request, struct http_reply *reply,
	const struct media *media, struct str filename)
{
	int fd;
	int64_t size;
	enum status status =
		media_files_open(api_homeserver(request)->media, media->sha256, &fd, &size);
	if (status == STATUS_NOT_FOUND)
		return http_error(reply, 404, "M_NOT_FOUND", "This content was lost");
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	reply->file_fd = fd;
	reply->file_size = size;
	struct str type =
		media->content_type.n > 0 ? media->content_type : STR("application/octet-stream");
	write_headers(request, reply, type, filename);
	return HTTP_REPLY;
}

static enum http_outcome download_get(struct http_request *request, struct http_reply *reply)
{
	struct media media;
	if (!find_media(request, reply, &media))
		return HTTP_REPLY;
	struct str filename = request->param_count > 2 ? request->params[2] : media.filename;
	return send_content(request, reply, &media, filename);
}

/* --- thumbnails --- */

static bool read_size(
	struct http_request *request, struct http_reply *reply, struct thumbnail_size *out)
{
	struct str method = http_query(request, "method");
	struct str width = http_query(request, "width");
	struct str height = http_query(request, "height");
	int64_t w;
	int64_t h;
	if (width.p == NULL || height.p == NULL) {
		http_error(reply, 400, "M_MISSING_PARAM", "width and height are needed");
		return false;
	}
	if (str_to_i64(width, &w) != STATUS_OK || str_to_i64(height, &h) != STATUS_OK || w <= 0 ||
		h <= 0) {
		http_error(reply, 400, "M_INVALID_PARAM", "width and height are whole numbers");
		return false;
	}
	bool crop = str_eq(method, STR("crop"));
	if (method.p != NULL && !crop && !str_eq(method, STR("scale"))) {
		http_error(reply, 400, "M_INVALID_PARAM", "method is crop or scale");
		return false;
	}
	*out = thumbnail_snap(w, h, crop);
	return true;
}

/* PNG or JPEG, whatever the client called it. */
static enum http_outcome send_thumbnail(struct http_request *request, struct http_reply *reply,
	int fd, int64_t size, struct str filename)
{
	unsigned char first = 0;
	bool read_it = pread(fd, &first, 1, 0) == 1;
	reply->file_fd = fd;
	reply->file_size = size;
	if (!read_it)
		return api_status(reply, STATUS_IO, NULL);
	bool png = first == 0x89;
	struct str name = png ? STR("thumbnail.png") : STR("thumbnail.jpg");
	write_headers(request, reply, png ? STR("image/png") : STR("image/jpeg"),
		filename.n > 0 ? filename : name);
	return HTTP_REPLY;
}

/* The picture itself is no larger than its thumbnail would be. */
static enum http_outcome send_original(
	struct http_request *request, struct http_reply *reply, const struct media *media)
{
	int fd;
	int64_t size;
	enum status status =
		media_files_open(api_homeserver(request)->media, media->sha256, &fd, &size);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	return send_thumbnail(request, reply, fd, size, media->filename);
}

static enum http_outcome park(struct http_request *request, struct http_reply *reply)
{
	int64_t now = clock_mono_ms();
	if (request->park_until_ms == 0)
		request->park_until_ms = now + THUMBNAIL_WAIT_MS;
	if (now < request->park_until_ms)
		return HTTP_PARK;
	return http_error(reply, 503, "M_UNKNOWN", "The thumbnail takes too long, try again");
}

static enum http_outcome thumbnail_get(struct http_request *request, struct http_reply *reply)
{
	struct media media;
	struct thumbnail_size size;
	int fd;
	int64_t bytes;
	if (!read_size(request, reply, &size) || !find_media(request, reply, &media))
		return HTTP_REPLY;
	enum status status = thumbnailer_get(api_homeserver(request)->thumbnailer, media.sha256,
		&size, http_ticket(request), &fd, &bytes);
	switch (status) {
	case STATUS_OK:
		return send_thumbnail(request, reply, fd, bytes, STR_EMPTY);
	case STATUS_UNAVAILABLE:
		return park(request, reply);
	case STATUS_EXISTS:
		return send_original(request, reply, &media);
	case STATUS_INVALID:
		return http_error(reply, 400, "M_UNKNOWN",
			"Cannot generate thumbnails for the requested content");
	case STATUS_TOO_LARGE:
		return http_error(reply, 413, "M_TOO_LARGE", "Content is too large to thumbnail");
	case STATUS_LIMITED:
		return http_error(reply, 503, "M_UNKNOWN", "Too many thumbnails are being made");
	case STATUS_NOT_FOUND:
		return http_error(reply, 404, "M_NOT_FOUND", "This content was lost");
	default:
		return http_error(
			reply, 503, "M_UNKNOWN", "The thumbnail could not be made, try again");
	}
}
