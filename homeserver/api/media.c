/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads (specification, "Content repository"). Handing out is in api/media_download.c. */
#include "common/base/clock.h"
#include "common/crypto/secret.h"
#include "config/config.h"
#include "homeserver/api/api.h"
#include "homeserver/media/media_files.h"
#include "homeserver/media/media_headers.h"
#include "homeserver/store/media_store.h"

static enum http_outcome upload_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome upload_put(struct http_request *request, struct http_reply *reply);
static enum http_outcome create_post(struct http_request *request, struct http_reply *reply);
static enum http_outcome config_get(struct http_request *request, struct http_reply *reply);

#define ID_CHARACTERS 24
#define RESERVED_MS   (INT64_C(24) * 3600 * 1000)

/* How much is accepted is set for the server as a whole: http_server_config.upload_max. */
static const struct http_route rows[] = {
	{HTTP_POST, "/_matrix/media/r0|v1|v3/upload", AUTH_USER, LIMIT_MEDIA, BODY_FILE, 0,
		upload_post},
	{HTTP_PUT, "/_matrix/media/v3/upload/{server}/{media}", AUTH_USER, LIMIT_MEDIA, BODY_FILE,
		0, upload_put},
	{HTTP_POST, "/_matrix/media/v1/create", AUTH_USER, LIMIT_MEDIA, BODY_NONE, 0, create_post},
	{HTTP_GET, "/_matrix/client/v1/media/config", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0,
		config_get},
	{HTTP_GET, "/_matrix/media/r0|v1|v3/config", AUTH_GUEST, LIMIT_READ, BODY_NONE, 0,
		config_get},
};
const struct http_routes api_media_routes = {rows, ARRAY_LEN(rows)};

static enum http_outcome config_get(struct http_request *request, struct http_reply *reply)
{
	jw_object(&reply->json);
	jw_put_int(&reply->json, "m.upload.size",
		(int64_t)api_homeserver(request)->config->homeserver.media_max_bytes);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static struct str mxc_uri(struct http_request *request, struct str media_id)
{
	return arena_printf(request->arena, "mxc://%.*s/%.*s",
		STR_FMT(api_homeserver(request)->server_name), STR_FMT(media_id));
}

/* The upload as a row, its bytes kept. */
static enum status keep_upload(struct http_request *request, struct str media_id, struct media *out)
{
	uint8_t *hash = arena_alloc(request->arena, SHA256_BYTES);
	struct str filename = http_query(request, "filename");
	enum status status =
		media_files_keep(api_homeserver(request)->media, request->body_fd, hash);
	*out = (struct media){
		.media_id = media_id,
		.user_id = api_requester(request)->user_id,
		.sha256 = str_n((const char *)hash, SHA256_BYTES),
		.size = request->body_size,
		.content_type = media_type_clean(http_header(request, "Content-Type")),
		.filename = filename.n > MEDIA_FILENAME_MAX ? STR("") : filename,
		.created_ts = clock_wall_ms(),
	};
	return status;
}

static enum status add_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return media_store_add(tx, arg);
}

static enum http_outcome upload_post(struct http_request *request, struct http_reply *reply)
{
	struct media media;
	enum status status =
		keep_upload(request, secret_token(request->arena, ID_CHARACTERS), &media);
	if (status == STATUS_OK)
		status = api_write(request, add_change, &media);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "content_uri", mxc_uri(request, media.media_id));
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

/* --- an id first, its content later --- */

static enum status reserve_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return media_store_reserve(tx, arg);
}

static enum http_outcome create_post(struct http_request *request, struct http_reply *reply)
{
	int64_t now = clock_wall_ms();
	struct media media = {.media_id = secret_token(request->arena, ID_CHARACTERS),
		.user_id = api_requester(request)->user_id,
		.created_ts = now,
		.expires_ts = now + RESERVED_MS};
	enum status status = api_write(request, reserve_change, &media);
	if (status == STATUS_LIMITED)
		return http_error(reply, 429, "M_LIMIT_EXCEEDED",
			"There are %d uploads that have not been made", MEDIA_RESERVED_MAX);
	if (status != STATUS_OK)
		return api_status(reply, status, NULL);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "content_uri", mxc_uri(request, media.media_id));
	jw_put_int(&reply->json, "unused_expires_at", media.expires_ts);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum status fill_change(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	return media_store_fill(tx, arg);
}

static enum http_outcome upload_put(struct http_request *request, struct http_reply *reply)
{
	struct media media;
	if (!str_eq(request->params[0], api_homeserver(request)->server_name))
		return http_error(reply, 404, "M_NOT_FOUND", "Unknown media ID");
	enum status status = keep_upload(request, request->params[1], &media);
	if (status == STATUS_OK)
		status = api_write(request, fill_change, &media);
	switch (status) {
	case STATUS_OK:
		return HTTP_REPLY;
	case STATUS_NOT_FOUND:
		return http_error(reply, 404, "M_NOT_FOUND", "Unknown media ID");
	case STATUS_DENIED:
		return http_error(
			reply, 403, "M_FORBIDDEN", "Somebody else reserved this media ID");
	case STATUS_EXISTS:
		return http_error(reply, 409, "M_CANNOT_OVERWRITE_MEDIA", "Media already uploaded");
	default:
		return api_status(reply, status, NULL);
	}
}
