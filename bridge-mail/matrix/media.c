/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/matrix/media.h"

#include <errno.h>
#include <fcntl.h>

#include "bridge-mail/matrix/client.h"
#include "bridge-mail/store/posts.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/matrix/ids.h"

struct uploaded {
	struct str content_hash;
	struct str mxc;
};

static enum status put_upload(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	const struct uploaded *u = arg;
	return upload_put(tx, u->content_hash, u->mxc, clock_wall_ms());
}

static enum status send_file(const struct matrix_session *s,
	const struct room_upload_request *request, struct arena *arena, struct str *mxc_out)
{
	struct matrix_answer answer;
	FD_SCOPE int fd = open(request->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return STATUS_IO;
	struct matrix_call call = {
		.method = "POST",
		.path = MATRIX_PATH(arena, "/_matrix/media/v3/upload?filename=%", request->name),
		.body_fd = fd,
		.body_size = request->size,
		.content_type = arena_c_str(arena, request->content_type),
	};
	if (request->size == 0)
		call = (struct matrix_call){.method = "POST",
			.path = call.path,
			.body = STR(""),
			.content_type = call.content_type};
	enum status status = matrix_call(s->client, arena, &call, &answer);
	if (status != STATUS_OK)
		return status;
	*mxc_out = json_str(json_get(answer.json, "content_uri"));
	struct str server, media;
	return mxc_parse(*mxc_out, &server, &media) == STATUS_OK ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum status media_upload(const struct matrix_session *s, const struct room_upload_request *request,
	struct arena *arena, struct str *mxc_out)
{
	enum status status = upload_find(s->db, request->content_hash, arena, mxc_out);
	if (status != STATUS_NOT_FOUND)
		return status;
	status = send_file(s, request, arena, mxc_out);
	struct uploaded uploaded = {request->content_hash, *mxc_out};
	if (status == STATUS_OK)
		status = db_write(s->matrix->bridge->writer, put_upload, &uploaded);
	return status;
}

static enum status download(const struct matrix_session *s, struct str mxc, size_t max, int fd,
	struct arena *arena, struct matrix_answer *answer_out)
{
	struct str server, media;
	enum status status = mxc_parse(mxc, &server, &media);
	if (status != STATUS_OK)
		return status;
	struct matrix_call call = {
		.method = "GET",
		.path = MATRIX_PATH(arena, "/_matrix/client/v1/media/download/%/%", server, media),
		.max_answer = max,
		.raw = true,
		.answer_fd = fd,
	};
	return matrix_call(s->client, arena, &call, answer_out);
}

enum status media_download(const struct matrix_session *s, struct str mxc, size_t max,
	struct arena *arena, struct str *bytes_out)
{
	struct matrix_answer answer;
	enum status status = download(s, mxc, max, 0, arena, &answer);
	if (status == STATUS_OK)
		*bytes_out = answer.body;
	return status;
}

enum status media_fetch(
	const struct matrix_session *s, struct str mxc, size_t max, int fd, int64_t *size_out)
{
	ARENA_SCOPE(arena);
	struct matrix_answer answer;
	enum status status = download(s, mxc, max, fd, arena, &answer);
	if (status == STATUS_OK)
		*size_out = answer.written;
	return status;
}
