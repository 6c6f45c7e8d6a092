/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http/reply.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/http/internal.h"
#define LOG_MODULE "http"
#include "common/base/log.h"

struct header {
	const char *name;
	const char *value;
};

/* Client-server API, "Web Browser Clients". */
static const struct header cors[] = {
	{"Access-Control-Allow-Origin", "*"},
	{"Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS"},
	{"Access-Control-Allow-Headers", "X-Requested-With, Content-Type, Authorization, Date"},
};

void reply_init(struct http_reply *reply)
{
	*reply = (struct http_reply){.status = 200, .file_fd = -1};
	buf_init(&reply->body, HTTP_REPLY_MAX);
	jw_init(&reply->json, &reply->body);
}

void reply_release(struct http_reply *reply)
{
	buf_release(&reply->body);
	fs_close(&reply->file_fd);
}

static void start_over(struct http_reply *reply, int status)
{
	buf_clear(&reply->body);
	jw_init(&reply->json, &reply->body);
	fs_close(&reply->file_fd);
	reply->file_fd = -1;
	reply->file_size = 0;
	reply->content_type = NULL;
	reply->header_count = 0;
	reply->status = status;
}

void http_reply_header(struct http_reply *reply, const char *name, const char *value)
{
	assert(reply->header_count < HTTP_REPLY_MAX_HEADERS);
	if (reply->header_count >= HTTP_REPLY_MAX_HEADERS)
		return;
	if (strpbrk(value, "\r\n") != NULL || strpbrk(name, "\r\n: ") != NULL) {
		log_warning("a reply's header was dropped, it breaks the line: %s", name);
		return;
	}
	reply->headers[reply->header_count].name = name;
	reply->headers[reply->header_count].value = value;
	reply->header_count++;
}

void http_error_begin(struct http_reply *reply, int status, const char *errcode, const char *error)
{
	start_over(reply, status);
	jw_object(&reply->json);
	if (errcode == NULL)
		return;
	jw_put_c_str(&reply->json, "errcode", errcode);
	jw_put_c_str(&reply->json, "error", error);
}

enum http_outcome http_error(
	struct http_reply *reply, int status, const char *errcode, const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	http_error_begin(reply, status, errcode, text);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

enum http_outcome http_redirect(struct http_reply *reply, const char *location)
{
	start_over(reply, 302);
	reply->content_type = "text/plain";
	http_reply_header(reply, "Location", location);
	return HTTP_REPLY;
}

static bool has_no_body(int status)
{
	return status == 204 || status == 304;
}

/* What a handler left unsaid or did wrong. */
static void settle(struct http_reply *reply)
{
	if (reply->status < 200 || reply->status > 599) {
		log_error("a handler answered with status %d", reply->status);
		http_error(reply, 500, "M_UNKNOWN", "Internal error");
	} else if (reply->json.broken) {
		log_error("a handler wrote no JSON");
		http_error(reply, 500, "M_UNKNOWN", "Internal error");
	} else if (buf_status(&reply->body) != STATUS_OK) {
		log_error("a reply passed %zu bytes", HTTP_REPLY_MAX);
		http_error(reply, 500, "M_UNKNOWN", "The answer is too large");
	} else if (reply->json.depth != 0) {
		log_error("a handler left its JSON unfinished");
		http_error(reply, 500, "M_UNKNOWN", "Internal error");
	} else if (reply->body.n == 0 && reply->content_type == NULL && reply->file_fd < 0 &&
		   !has_no_body(reply->status)) {
		buf_append_c(&reply->body, "{}");
	}
	if (reply->content_type == NULL)
		reply->content_type = "application/json";
	else if (strpbrk(reply->content_type, "\r\n") != NULL)
		reply->content_type = "application/octet-stream";
}

static struct MHD_Response *make_response(struct http_reply *reply)
{
	if (reply->file_fd >= 0) {
		struct MHD_Response *response =
			MHD_create_response_from_fd64((uint64_t)reply->file_size, reply->file_fd);
		if (response != NULL)
			reply->file_fd = -1;
		return response;
	}
	size_t n = 0;
	char *bytes = buf_take(&reply->body, &n);
	struct MHD_Response *response =
		MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
	if (response == NULL)
		free(bytes);
	return response;
}

static const char *reason_of(int status)
{
	return MHD_get_reason_phrase_for((unsigned)status);
}

/* For a peer that is still sending: the daemon answers at the end of a request only. */
static void write_raw(const struct http_reply *reply, struct buf *out)
{
	buf_init(out, HTTP_SPOOL_BYTES);
	buf_printf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\n", reply->status,
		reason_of(reply->status));
	buf_printf(out, "Content-Length: %zu\r\nContent-Type: %s\r\n", reply->body.n,
		reply->content_type);
	for (size_t i = 0; i < ARRAY_LEN(cors); i++)
		buf_printf(out, "%s: %s\r\n", cors[i].name, cors[i].value);
	for (unsigned i = 0; i < reply->header_count; i++)
		buf_printf(out, "%s: %s\r\n", reply->headers[i].name, reply->headers[i].value);
	buf_append_c(out, "\r\n");
	buf_append(out, buf_str(&reply->body));
}

void reply_finish(struct http_reply *reply, struct http_internal *x, bool also_raw)
{
	settle(reply);
	if (also_raw)
		write_raw(reply, &x->raw);
	x->status = reply->status;
	x->reply_bytes = reply->file_fd >= 0 ? reply->file_size : (int64_t)reply->body.n;
	struct MHD_Response *response = make_response(reply);
	if (response == NULL) {
		x->gone = true;
		reply_release(reply);
		return;
	}
	bool ok = true;
	if (!has_no_body(reply->status))
		ok = MHD_add_response_header(response, "Content-Type", reply->content_type);
	for (size_t i = 0; i < ARRAY_LEN(cors); i++)
		ok = MHD_add_response_header(response, cors[i].name, cors[i].value) && ok;
	for (unsigned i = 0; i < reply->header_count; i++)
		ok = MHD_add_response_header(
			     response, reply->headers[i].name, reply->headers[i].value) &&
		     ok;
	if (atomic_load(&x->server->stopping))
		ok = MHD_add_response_header(response, "Connection", "close") && ok;
	if (!ok)
		log_warning("a reply's header could not be added");
	x->response = response;
	reply_release(reply);
}
