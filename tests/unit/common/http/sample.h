/* SPDX-License-Identifier: Apache-2.0 */
/* A table of routes with every kind of body, served for the tests of the wire. */
#ifndef PARVIS_TESTS_SAMPLE_H
#define PARVIS_TESTS_SAMPLE_H

#include <fcntl.h>
#include <stdatomic.h>

#include "tests/unit/common/http/served.h"

#include "common/http/monitoring.h"
#include "common/json/json.h"

#define POST(path, length, body) \
	"POST " path " HTTP/1.1\r\n" HOST "Content-Length: " #length "\r\n\r\n" body

static atomic_int runs; /* of handlers */
static struct gate gate;

static enum http_outcome show(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;

	atomic_fetch_add(&runs, 1);
	jw_object(w);
	jw_put_str(w, "path", request->path);
	jw_put_str(w, "peer", request->peer);
	jw_put_array(w, "params");
	for (size_t i = 0; i < request->param_count; i++)
		jw_str(w, request->params[i]);
	jw_array_end(w);
	jw_put_array(w, "q");
	struct str value;
	for (size_t cursor = 0; http_query_next(request, "q", &cursor, &value);)
		jw_str(w, value);
	jw_array_end(w);
	jw_put_bool(w, "absent", http_query(request, "none").p == NULL);
	jw_put_str(w, "agent", http_header(request, "user-agent"));
	jw_object_end(w);
	return HTTP_REPLY;
}

static enum http_outcome echo(struct http_request *request, struct http_reply *reply)
{
	atomic_fetch_add(&runs, 1);
	reply->content_type = "application/octet-stream";
	buf_append(&reply->body, request->body);
	return HTTP_REPLY;
}

static enum http_outcome json_name(struct http_request *request, struct http_reply *reply)
{
	atomic_fetch_add(&runs, 1);
	jw_object(&reply->json);
	jw_put_str(&reply->json, "name", json_str(json_get(request->json, "name")));
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome plain(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	(void)reply;
	atomic_fetch_add(&runs, 1);
	return HTTP_REPLY;
}

static enum http_outcome headers(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	http_reply_header(reply, "X-Fine", "yes");
	http_reply_header(reply, "X-Split", "a\r\nSet-Cookie: b");
	return HTTP_REPLY;
}

static enum http_outcome away(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	return http_redirect(reply, "https://elsewhere.example/?a=b");
}

static enum http_outcome unfinished(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	jw_object(&reply->json);
	return HTTP_REPLY;
}

static enum http_outcome says_more(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	jw_str(&reply->json, STR("begun already"));
	http_error_begin(reply, 429, "M_LIMIT_EXCEEDED", "Slowly");
	jw_put_int(&reply->json, "retry_after_ms", 7);
	jw_object_end(&reply->json);
	return HTTP_REPLY;
}

/* Sends back the very file of the upload. */
static enum http_outcome mirror(struct http_request *request, struct http_reply *reply)
{
	atomic_fetch_add(&runs, 1);
	reply->content_type = "image/png";
	reply->file_fd = fcntl(request->body_fd, F_DUPFD_CLOEXEC, 0);
	reply->file_size = request->body_size;
	return HTTP_REPLY;
}

static enum http_outcome wait_at_gate(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	(void)reply;
	gate_wait(&gate);
	return HTTP_REPLY;
}

enum { ANYBODY, NOBODY };

static bool admit(struct http_request *request, struct http_reply *reply)
{
	if (request->route->auth == ANYBODY)
		return true;
	http_error(reply, 403, "M_FORBIDDEN", "Not \"you\"");
	return false;
}

static const struct http_route rows[] = {
	{HTTP_GET, "/show/{a}/x/{b}", 0, 0, BODY_NONE, 0, show},
	{HTTP_GET, "/show", 0, 0, BODY_NONE, 0, show},
	{HTTP_GET, "/headers", 0, 0, BODY_NONE, 0, headers},
	{HTTP_GET, "/away", 0, 0, BODY_NONE, 0, away},
	{HTTP_GET, "/unfinished", 0, 0, BODY_NONE, 0, unfinished},
	{HTTP_GET, "/more", 0, 0, BODY_NONE, 0, says_more},
	{HTTP_GET, "/metrics", 0, 0, BODY_NONE, 0, http_metrics_get},
	{HTTP_GET, "/gate", 0, 0, BODY_NONE, 0, wait_at_gate},
	{HTTP_POST, "/plain", 0, 0, BODY_NONE, 100, plain},
	{HTTP_PUT, "/plain", 0, 0, BODY_NONE, 100, plain},
	{HTTP_POST, "/echo", 0, 0, BODY_BYTES, 1000, echo},
	{HTTP_POST, "/json", 0, 0, BODY_JSON, 1000, json_name},
	{HTTP_POST, "/optional", 0, 0, BODY_JSON_OPTIONAL, 1000, json_name},
	{HTTP_POST, "/upload", 0, 0, BODY_FILE, 4u << 20, mirror},
	{HTTP_POST, "/closed", NOBODY, 0, BODY_FILE, 4u << 20, mirror},
	{HTTP_POST, "/closed/json", NOBODY, 0, BODY_JSON, 0, plain},
};
static const struct http_routes table = {rows, ARRAY_LEN(rows)};

static struct served served;

static inline int sample_start(void **state)
{
	struct http_server_config config = served_config(&table);

	(void)state;
	config.admit = admit;
	config.trust_forwarded = true;
	config.transfer_timeout_ms = 400;
	config.idle_timeout_ms = 2000;
	served = serve(config);
	return 0;
}

static inline int sample_stop(void **state)
{
	(void)state;
	served_end(&served);
	return 0;
}

static inline void expect(const char *request, int status, const char *in_body)
{
	struct answer answer = ask(served.port, request);

	if (answer.status != status || strstr(answer.body, in_body) == NULL)
		fail_msg("%.60s: %d %s", request, answer.status, answer.body);
	assert_string_equal(answer_header(&answer, "Access-Control-Allow-Origin"), "*");
}

#endif
