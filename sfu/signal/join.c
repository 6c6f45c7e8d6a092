/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/signal/join.h"

#include <zlib.h>

#include "common/crypto/base64.h"

#define GZIP_WINDOW (15 + 16) /* zlib's way of asking for a gzip header */

static enum status inflate_into(z_stream *z, struct buf *out)
{
	for (;;) {
		char *room = buf_reserve(out, 4096);
		if (room == NULL)
			return STATUS_TOO_LARGE;
		z->next_out = (unsigned char *)room;
		z->avail_out = 4096;
		int result = inflate(z, Z_NO_FLUSH);
		buf_commit(out, 4096 - z->avail_out);
		if (result == Z_STREAM_END)
			return STATUS_OK;
		/* Z_OK with room left and nothing to read: the stream is cut off. */
		if (result != Z_OK || (z->avail_in == 0 && z->avail_out > 0))
			return STATUS_INVALID;
	}
}

static enum status gunzip(struct arena *arena, struct str bytes, struct str *out)
{
	BUF_SCOPE(text, JOIN_INFLATED_MAX);
	z_stream z = {0};
	if (bytes.n > UINT32_MAX || inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return STATUS_INVALID;
	/* zlib does not write through next_in, its type only says so. */
	z.next_in = (unsigned char *)(uintptr_t)bytes.p;
	z.avail_in = (unsigned)bytes.n;
	enum status status = inflate_into(&z, &text);
	inflateEnd(&z);
	if (status == STATUS_OK)
		*out = arena_str(arena, buf_str(&text));
	return status;
}

enum status join_decode(struct arena *arena, struct str text, const Livekit__JoinRequest **out)
{
	struct str bytes;
	enum status status = base64_decode(arena, text, BASE64_URL_UNPADDED, &bytes);
	if (status != STATUS_OK)
		return status;
	const Livekit__WrappedJoinRequest *wrapped =
		arena_unpack(arena, &livekit__wrapped_join_request__descriptor, bytes);
	if (wrapped == NULL)
		return STATUS_INVALID;
	struct str inner =
		str_n((const char *)wrapped->join_request.data, wrapped->join_request.len);
	if (wrapped->compression == LIVEKIT__WRAPPED_JOIN_REQUEST__COMPRESSION__GZIP) {
		status = gunzip(arena, inner, &inner);
		if (status != STATUS_OK)
			return status;
	} else if (wrapped->compression != LIVEKIT__WRAPPED_JOIN_REQUEST__COMPRESSION__NONE) {
		return STATUS_INVALID;
	}
	*out = arena_unpack(arena, &livekit__join_request__descriptor, inner);
	return *out == NULL ? STATUS_INVALID : STATUS_OK;
}

static bool is_true(struct str value)
{
	return str_eq_c(value, "1") || str_eq_c(value, "true");
}

static void read_parameters(const struct lws_request *request, struct join *out)
{
	struct str subscribe = lws_parameter_get(request, "auto_subscribe");
	int64_t protocol = 0;
	out->reconnect = is_true(lws_parameter_get(request, "reconnect"));
	out->auto_subscribe = subscribe.n == 0 || is_true(subscribe);
	out->participant_sid = lws_parameter_get(request, "sid");
	if (str_to_i64(lws_parameter_get(request, "client_protocol"), &protocol) == STATUS_OK &&
		protocol > 0 && protocol < 1000)
		out->client_protocol = (int32_t)protocol;
}

enum status join_read(
	const struct lws_request *request, bool must_have, struct join *out, const char **why_out)
{
	struct str text = lws_parameter_get(request, "join_request");
	*out = (struct join){0};
	*why_out = "";
	if (text.n == 0 && must_have) {
		*why_out = "join_request is missing";
		return STATUS_INVALID;
	}
	if (text.n == 0) {
		read_parameters(request, out);
		return STATUS_OK;
	}
	enum status status = join_decode(request->arena, text, &out->request);
	if (status != STATUS_OK) {
		*why_out = status == STATUS_TOO_LARGE ? "join_request is too large"
						      : "join_request cannot be read";
		return status;
	}
	out->single = true;
	out->reconnect = out->request->reconnect;
	out->participant_sid = str_c(out->request->participant_sid);
	out->auto_subscribe = out->request->connection_settings != NULL &&
			      out->request->connection_settings->auto_subscribe;
	if (out->request->client_info != NULL)
		out->client_protocol = out->request->client_info->client_protocol;
	return STATUS_OK;
}
