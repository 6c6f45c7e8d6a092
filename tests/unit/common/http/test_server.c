/* SPDX-License-Identifier: Apache-2.0 */
/* What routes, bodies and replies become on the wire. */
#include <fcntl.h>
#include <stdatomic.h>

#include "tests/unit/common/http/served.h"

#include "common/json/json.h"

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

static int setup(void **state)
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

static int teardown(void **state)
{
	(void)state;
	served_end(&served);
	return 0;
}

static void expect(const char *request, int status, const char *in_body)
{
	struct answer answer = ask(served.port, request);

	if (answer.status != status || strstr(answer.body, in_body) == NULL)
		fail_msg("%.60s: %d %s", request, answer.status, answer.body);
	assert_string_equal(answer_header(&answer, "Access-Control-Allow-Origin"), "*");
}

static void what_a_handler_sees(void **state)
{
	(void)state;
	expect("GET /show/%21r%2Fs:x/x/%C3%A9?q=a%20b&q&p=1&q=c+d%26 HTTP/1.1\r\n" HOST
	       "User-Agent: me\r\n\r\n",
		200,
		"{\"path\":\"/show/%21r%2Fs:x/x/%C3%A9\",\"peer\":\"127.0.0.1\","
		"\"params\":[\"!r/s:x\",\"\xc3\xa9\"],\"q\":[\"a b\",\"\",\"c d&\"],"
		"\"absent\":true,\"agent\":\"me\"}");
}

static void the_front_door_says_who_asks(void **state)
{
	(void)state;
	expect("GET /show HTTP/1.1\r\n" HOST "X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n\r\n", 200,
		"\"peer\":\"192.0.2.7\"");
	expect("GET /show HTTP/1.1\r\n" HOST "X-Forwarded-For: 2001:DB8:0::1\r\n\r\n", 200,
		"\"peer\":\"2001:db8::1\"");
	expect("GET /show HTTP/1.1\r\n" HOST "X-Forwarded-For: nonsense\r\n\r\n", 200,
		"\"peer\":\"127.0.0.1\"");
}

static void unknown_paths_and_methods(void **state)
{
	(void)state;
	expect(GET("/nowhere"), 404, "M_UNRECOGNIZED");
	expect(GET("/show/"), 404, "M_UNRECOGNIZED");
	expect(GET("//show"), 404, "M_UNRECOGNIZED");
	expect("DELETE /nowhere HTTP/1.1\r\n" HOST "\r\n", 404, "M_UNRECOGNIZED");
	expect("BREW /show HTTP/1.1\r\n" HOST "\r\n", 405, "M_UNRECOGNIZED");
	struct answer answer = ask(served.port, "GET /plain HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(answer.status, 405);
	assert_string_equal(answer_header(&answer, "Allow"), "OPTIONS, POST, PUT");
}

static void malformed_targets(void **state)
{
	(void)state;
	expect(GET("/show%00"), 400, "M_INVALID_PARAM");
	expect(GET("/show%0"), 400, "M_INVALID_PARAM");
	expect(GET("/show/%ff/x/y"), 400, "M_INVALID_PARAM");
	expect(GET("/show?q=%c3"), 400, "M_INVALID_PARAM");
	expect(GET("http://x/show"), 400, "M_INVALID_PARAM");
}

static void head_and_options(void **state)
{
	struct peer peer = peer_connect(served.port);
	struct answer answer;

	(void)state;
	peer_send(&peer, "HEAD /show HTTP/1.1\r\n" HOST "\r\n");
	assert_true(peer_answer_maybe(&peer, true, &answer));
	assert_int_equal(answer.status, 200);
	assert_true(atoi(answer_header(&answer, "Content-Length")) > 2);
	peer_send(&peer, "OPTIONS /json HTTP/1.1\r\n" HOST "\r\n");
	answer = peer_answer(&peer);
	assert_int_equal(answer.status, 204);
	assert_non_null(answer_header(&answer, "Access-Control-Allow-Methods"));
	assert_non_null(
		strstr(answer_header(&answer, "Access-Control-Allow-Headers"), "Authorization"));
	peer_send(&peer, GET("/headers"));
	answer = peer_answer(&peer);
	assert_string_equal(answer.body, "{}");
	assert_string_equal(answer_header(&answer, "X-Fine"), "yes");
	assert_null(answer_header(&answer, "X-Split"));
	assert_null(answer_header(&answer, "Set-Cookie"));
	peer_close(&peer);
}

static void replies_of_other_kinds(void **state)
{
	(void)state;
	struct answer answer = ask(served.port, GET("/away"));
	assert_int_equal(answer.status, 302);
	assert_string_equal(answer_header(&answer, "Location"), "https://elsewhere.example/?a=b");
	assert_int_equal(answer.body_n, 0);
	log_set_level((enum log_level)0);
	expect(GET("/unfinished"), 500, "M_UNKNOWN");
	log_set_level(LOG_LEVEL_ERROR);
}

#define POST(path, length, body) \
	"POST " path " HTTP/1.1\r\n" HOST "Content-Length: " #length "\r\n\r\n" body

static void json_bodies(void **state)
{
	(void)state;
	expect(POST("/json", 12, "{\"name\":\"a\"}"), 200, "{\"name\":\"a\"}");
	expect(POST("/json", 3, "{]}"), 400, "M_NOT_JSON");
	expect(POST("/json", 0, ""), 400, "M_NOT_JSON");
	expect(POST("/json", 4, "\"\xff\xff\""), 400, "M_NOT_JSON");
	expect(POST("/json", 2, "[]"), 400, "M_BAD_JSON");
	expect(POST("/json", 4, "null"), 400, "M_BAD_JSON");
	expect(POST("/optional", 0, ""), 200, "{\"name\":\"\"}");
	expect(POST("/optional", 2, " \n"), 200, "{\"name\":\"\"}");
	expect(POST("/optional", 2, "[]"), 400, "M_BAD_JSON");
	expect(POST("/closed/json", 3, "{]}"), 403, "Not \\\"you\\\"");
}

static void requests_in_one_packet_are_answered_in_order(void **state)
{
	struct peer peer = peer_connect(served.port);

	(void)state;
	peer_send(&peer, POST("/echo", 5, "first") POST("/echo", 6, "second") GET("/nowhere")
				 POST("/nowhere", 3, "abc") POST("/json", 2, "{}")
					 POST("/echo", 5, "third"));
	assert_string_equal(peer_answer(&peer).body, "first");
	assert_string_equal(peer_answer(&peer).body, "second");
	assert_int_equal(peer_answer(&peer).status, 404);
	assert_int_equal(peer_answer(&peer).status, 404);
	assert_string_equal(peer_answer(&peer).body, "{\"name\":\"\"}");
	assert_string_equal(peer_answer(&peer).body, "third");
	peer_close(&peer);
}

#define CHUNKED(path) "POST " path " HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"

static void chunked_bodies(void **state)
{
	struct peer peer = peer_connect(served.port);

	(void)state;
	peer_send(&peer, CHUNKED("/echo") "3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: x\r\n\r\n" POST(
				 "/echo", 1, "e"));
	assert_string_equal(peer_answer(&peer).body, "abcd");
	assert_string_equal(peer_answer(&peer).body, "e");
	peer_send(&peer, CHUNKED("/echo") "2\r");
	peer_send(&peer, "\nab\r\n0");
	peer_send(&peer, "\r\n\r\n");
	assert_string_equal(peer_answer(&peer).body, "ab");
	peer_close(&peer);
}

/* Refused, the connection closed, and what follows never run. */
static void ambiguous_framing(void **state)
{
	static const char *const cases[] = {
		"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
		"Content-Length: 4\r\nContent-Length: 4\r\n",
		"Content-Length: 4\r\nContent-Length: 5\r\n",
		"Content-Length: 4, 4\r\n",
		"Content-Length: +4\r\n",
		"Content-Length: -4\r\n",
		"Content-Length: 0x4\r\n",
		"Content-Length: 4 4\r\n",
		"Content-Length: 99999999999999999999\r\n",
		"Content-Length: \r\n",
		"Content-Length : 4\r\n",
		"Transfer-Encoding: identity\r\n",
		"Transfer-Encoding: xchunked\r\n",
		"Transfer-Encoding: chunked, chunked\r\n",
		"Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
		"Transfer-Encoding : chunked\r\n",
	};
	int before = atomic_load(&runs);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct peer peer = peer_connect(served.port);
		struct answer answer;

		peer_send(&peer, "POST /plain HTTP/1.1\r\n" HOST);
		peer_send(&peer, cases[i]);
		peer_send(&peer, "\r\n0\r\n\r\n" GET("/show"));
		assert_true(peer_answer_maybe(&peer, false, &answer));
		if (answer.status < 400 || answer.status == 404)
			fail_msg("%s: %d", cases[i], answer.status);
		/* libmicrohttpd writes the head of its own refusals twice, hence not exactly. */
		while (peer_receive(&peer))
			;
		assert_null(memmem(buf_str(&peer.in).p, peer.in.n, " 200 ", 5));
		peer_close(&peer);
	}
	assert_int_equal(atomic_load(&runs), before);
	expect("POST /plain HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "");
}

static void bodies_too_large(void **state)
{
	struct peer peer = peer_connect(served.port);
	char big[4096];
	int before = atomic_load(&runs);

	(void)state;
	memset(big, 'x', sizeof(big));
	/* A little: read to its end, and the connection goes on. */
	peer_send(&peer, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 4096\r\n\r\n");
	peer_send_n(&peer, big, sizeof(big));
	struct answer answer = peer_answer(&peer);
	assert_int_equal(answer.status, 413);
	assert_non_null(strstr(answer.body, "M_TOO_LARGE"));
	peer_send(&peer, POST("/echo", 2, "ok"));
	assert_string_equal(peer_answer(&peer).body, "ok");

	/* Chunks without an end: answered as soon as it is known, then closed. */
	peer_send(&peer, CHUNKED("/echo"));
	for (int i = 0; i < 3; i++) {
		peer_send(&peer, "200\r\n");
		peer_send_n(&peer, big, 512);
		peer_send(&peer, "\r\n");
	}
	answer = peer_answer(&peer);
	assert_int_equal(answer.status, 413);
	assert_non_null(strstr(answer.body, "M_TOO_LARGE"));
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	peer_expect_end(&peer);
	peer_close(&peer);
	assert_int_equal(atomic_load(&runs), before + 1);
}

/* The reply arrives although the peer goes on sending for a while. */
static void a_refusal_survives_a_sender_who_does_not_listen(void **state)
{
	struct peer peer = peer_connect(served.port);
	char *big = mem_alloc(1 << 20);

	(void)state;
	peer_send(&peer, "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 50000000\r\n\r\n");
	for (int i = 0; i < 3; i++)
		peer_send_n(&peer, big, 1 << 20);
	free(big);
	assert_int_equal(peer_answer(&peer).status, 413);
	peer_close(&peer);
}

static void uploads_go_through_a_file(void **state)
{
	static const size_t sizes[] = {0, 1, 5000, 256 * 1024, 1000000, 4u << 20};
	struct peer peer = peer_connect(served.port);
	char head[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char *bytes = mem_alloc(sizes[i] + 1);
		for (size_t b = 0; b < sizes[i]; b++)
			bytes[b] = (char)(b * 31 + b / 251);
		snprintf(head, sizeof(head),
			"POST /upload HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", sizes[i]);
		peer_send(&peer, head);
		peer_send_n(&peer, bytes, sizes[i]);
		struct answer answer = peer_answer(&peer);
		assert_int_equal(answer.status, 200);
		assert_int_equal(answer.body_n, sizes[i]);
		assert_string_equal(answer_header(&answer, "Content-Type"), "image/png");
		size_t n = sizes[i] < sizeof(answer.body) ? sizes[i] : sizeof(answer.body) - 1;
		assert_memory_equal(answer.body, bytes, n);
		free(bytes);
	}
	peer_send(&peer, CHUNKED("/upload") "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
	assert_string_equal(peer_answer(&peer).body, "abcdef");
	peer_close(&peer);
}

/* Many small chunks in one packet, while the file is written beside: none lost, none twice. */
static void chunked_uploads_keep_their_order(void **state)
{
	struct peer peer = peer_connect(served.port);
	BUF_SCOPE(sent, 8u << 20);

	(void)state;
	buf_append_c(&sent, CHUNKED("/upload"));
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&sent, "7\r\n%07u\r\n", i);
	buf_append_c(&sent, "0\r\n\r\n");
	peer_send_n(&peer, sent.p, sent.n);
	while (peer.in.n < 700000)
		assert_true(peer_receive(&peer));
	const char *body = (const char *)memmem(peer.in.p, peer.in.n, "\r\n\r\n", 4) + 4;
	while (peer.in.n - (size_t)(body - peer.in.p) < 700000) {
		size_t at = (size_t)(body - peer.in.p);
		assert_true(peer_receive(&peer));
		body = peer.in.p + at;
	}
	for (unsigned i = 0; i < 100000; i++) {
		char expected[8];
		snprintf(expected, sizeof(expected), "%07u", i);
		assert_memory_equal(body + (size_t)i * 7, expected, 7);
	}
	peer_close(&peer);
}

static void uploads_are_admitted_before_they_come(void **state)
{
	struct peer peer = peer_connect(served.port);
	struct answer answer;
	int before = atomic_load(&runs);

	(void)state;
	peer_send(&peer, "POST /closed HTTP/1.1\r\n" HOST
			 "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
	answer = peer_answer(&peer);
	assert_int_equal(answer.status, 403);
	peer_expect_end(&peer);
	peer_close(&peer);

	peer = peer_connect(served.port);
	peer_send(&peer, "POST /closed HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\nabc");
	assert_int_equal(peer_answer(&peer).status, 403);
	peer_close(&peer);

	peer = peer_connect(served.port);
	peer_send(&peer, "POST /upload HTTP/1.1\r\n" HOST
			 "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
	assert_int_equal(peer_answer(&peer).status, 100);
	peer_send(&peer, "abc");
	assert_string_equal(peer_answer(&peer).body, "abc");
	peer_close(&peer);
	assert_int_equal(atomic_load(&runs), before + 1);
}

static void requests_too_long(void **state)
{
	BUF_SCOPE(request, 1u << 20);

	(void)state;
	buf_append_c(&request, "GET /show?q=");
	for (int i = 0; i < 9000; i++)
		buf_append_byte(&request, 'x');
	buf_append_c(&request, " HTTP/1.1\r\n" HOST "\r\n");
	assert_int_equal(ask(served.port, request.p).status, 414);

	buf_clear(&request);
	buf_append_c(&request, "GET /show HTTP/1.1\r\n" HOST "X-Long: ");
	for (int i = 0; i < 9000; i++)
		buf_append_byte(&request, 'x');
	buf_append_c(&request, "\r\n\r\n");
	assert_int_equal(ask(served.port, request.p).status, 431);

	buf_clear(&request);
	buf_append_c(&request, "GET /show HTTP/1.1\r\n" HOST);
	for (int i = 0; i < 20000; i++)
		buf_append_c(&request, "A: b\r\n");
	struct peer peer = peer_connect(served.port);
	(void)send(peer.fd, request.p, request.n, MSG_NOSIGNAL);
	while (peer_receive(&peer))
		;
	peer_close(&peer);

	/* A request as long as they come in practice. */
	buf_clear(&request);
	buf_append_c(&request, "GET /show?q=");
	for (int i = 0; i < 3500; i++)
		buf_append_byte(&request, 'x');
	buf_append_c(&request, " HTTP/1.1\r\n" HOST "Cookie: ");
	for (int i = 0; i < 3500; i++)
		buf_append_byte(&request, 'x');
	buf_append_c(&request, "\r\n\r\n");
	assert_int_equal(ask(served.port, request.p).status, 200);
}

static void slow_bodies_are_cut_off(void **state)
{
	struct peer peer = peer_connect(served.port);
	int before = atomic_load(&runs);

	(void)state;
	peer_send(&peer, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
	peer_expect_end(&peer);
	peer_close(&peer);
	assert_int_equal(atomic_load(&runs), before);
}

static void half_closed_bodies_end_the_request(void **state)
{
	struct peer peer = peer_connect(served.port);
	int before = atomic_load(&runs);

	(void)state;
	peer_send(&peer, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
	shutdown(peer.fd, SHUT_WR);
	peer_expect_end(&peer);
	peer_close(&peer);
	assert_int_equal(atomic_load(&runs), before);

	/* Half closed behind a whole request: the answer comes. */
	peer = peer_connect(served.port);
	peer_send(&peer, POST("/echo", 3, "abc"));
	shutdown(peer.fd, SHUT_WR);
	assert_string_equal(peer_answer(&peer).body, "abc");
	peer_expect_end(&peer);
	peer_close(&peer);
}

static void garbage_is_survived(void **state)
{
	static const char *const cases[] = {
		"\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n",
		"\x16\x03\x01\x02",
		"GET /show HTTP/1.1\r\n\r\n",
		"GET /show HTTP/1.1\r\nHost\r\n\r\n",
		"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"POST /echo HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
		"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n",
	};
	int before = atomic_load(&runs);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct peer peer = peer_connect(served.port);

		peer_send(&peer, cases[i]);
		shutdown(peer.fd, SHUT_WR);
		while (peer_receive(&peer))
			;
		peer_close(&peer);
	}
	assert_int_equal(atomic_load(&runs), before);
	expect(GET("/show"), 200, "path");
}

static void requests_are_counted_by_route(void **state)
{
	const char *series = "parvis_http_requests_total{server=\"test\",method=\"POST\","
			     "route=\"/json\",code=\"2xx\"}";
	long before = served_metric(&served, series);

	(void)state;
	expect(POST("/json", 2, "{}"), 200, "");
	assert_int_equal(served_metric(&served, series), (before < 0 ? 0 : before) + 1);
	assert_true(
		served_metric(&served, "parvis_http_request_duration_seconds_count{server=\"test\","
				       "method=\"POST\",route=\"/json\"}") > 0);
}

static void a_full_queue_says_so(void **state)
{
	struct http_server_config config = served_config(&table);
	struct peer first;
	struct peer second;

	(void)state;
	gate_init(&gate);
	config.workers = 1;
	config.queue_max = 1;
	struct served small = serve(config);
	first = peer_connect(small.port);
	peer_send(&first, GET("/gate"));
	gate_await(&gate, 1);
	second = peer_connect(small.port);
	peer_send(&second, GET("/show"));
	/* Either the second waits in the queue already and this one is refused, or the reverse. */
	struct answer answer;
	struct peer third = peer_connect(small.port);
	peer_send(&third, GET("/show"));
	struct peer *refused = &third;
	(void)recv(third.fd, &(char){0}, 1, MSG_PEEK);
	answer = peer_answer(refused);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer_header(&answer, "Retry-After"), "1");
	gate_set(&gate, true);
	assert_int_equal(peer_answer(&first).status, 200);
	assert_int_equal(peer_answer(&second).status, 200);
	peer_send(&third, GET("/show"));
	assert_int_equal(peer_answer(&third).status, 200);
	peer_close(&first);
	peer_close(&second);
	peer_close(&third);
	served_end(&small);
}

static void connections_are_counted_by_address(void **state)
{
	struct http_server_config config = served_config(&table);

	(void)state;
	config.max_per_address = 2;
	struct served small = serve(config);
	struct peer a = peer_connect(small.port);
	struct peer b = peer_connect(small.port);
	peer_send(&a, GET("/show"));
	peer_send(&b, GET("/show"));
	assert_int_equal(peer_answer(&a).status, 200);
	assert_int_equal(peer_answer(&b).status, 200);
	struct peer c = peer_connect(small.port);
	peer_expect_end(&c);
	peer_close(&c);
	peer_close(&a);
	served_await(&small, CONNECTIONS, 1);
	c = peer_connect(small.port);
	peer_send(&c, GET("/show"));
	assert_int_equal(peer_answer(&c).status, 200);
	peer_close(&b);
	peer_close(&c);
	served_end(&small);
}

static void idle_connections_are_closed(void **state)
{
	struct http_server_config config = served_config(&table);

	(void)state;
	config.idle_timeout_ms = 200;
	struct served small = serve(config);
	struct peer silent = peer_connect(small.port);
	struct peer slow = peer_connect(small.port);
	struct peer done = peer_connect(small.port);
	peer_send(&done, GET("/show"));
	assert_int_equal(peer_answer(&done).status, 200);
	peer_send(&slow, "GET /show HTTP/1.1\r\nHost: a");
	peer_expect_end(&silent);
	peer_expect_end(&done);
	while (peer_receive(&slow))
		;
	peer_close(&silent);
	peer_close(&slow);
	peer_close(&done);
	served_end(&small);
}

static void a_port_is_taken_once(void **state)
{
	struct http_server_config config = served_config(&table);
	struct http_server *second = NULL;

	(void)state;
	config.port = served.port;
	check_status(http_server_start(&config, &second), STATUS_EXISTS);
	config.address = "not an address";
	check_status(http_server_start(&config, &second), STATUS_INVALID);
	assert_null(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_handler_sees),
		cmocka_unit_test(the_front_door_says_who_asks),
		cmocka_unit_test(unknown_paths_and_methods),
		cmocka_unit_test(malformed_targets),
		cmocka_unit_test(head_and_options),
		cmocka_unit_test(replies_of_other_kinds),
		cmocka_unit_test(json_bodies),
		cmocka_unit_test(requests_in_one_packet_are_answered_in_order),
		cmocka_unit_test(chunked_bodies),
		cmocka_unit_test(ambiguous_framing),
		cmocka_unit_test(bodies_too_large),
		cmocka_unit_test(a_refusal_survives_a_sender_who_does_not_listen),
		cmocka_unit_test(uploads_go_through_a_file),
		cmocka_unit_test(chunked_uploads_keep_their_order),
		cmocka_unit_test(uploads_are_admitted_before_they_come),
		cmocka_unit_test(requests_too_long),
		cmocka_unit_test(slow_bodies_are_cut_off),
		cmocka_unit_test(half_closed_bodies_end_the_request),
		cmocka_unit_test(garbage_is_survived),
		cmocka_unit_test(requests_are_counted_by_route),
		cmocka_unit_test(a_full_queue_says_so),
		cmocka_unit_test(connections_are_counted_by_address),
		cmocka_unit_test(idle_connections_are_closed),
		cmocka_unit_test(a_port_is_taken_once),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
