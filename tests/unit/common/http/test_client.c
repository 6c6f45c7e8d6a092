/* SPDX-License-Identifier: Apache-2.0 */
/* Our client against our server. */
#include <fcntl.h>
#include <stdatomic.h>

#include "tests/unit/common/http/served.h"

#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/http/client.h"

static struct gate gate;

static enum http_outcome describe(struct http_request *request, struct http_reply *reply)
{
	struct json_writer *w = &reply->json;

	jw_object(w);
	jw_put_str(w, "query", request->query);
	jw_put_str(w, "authorization", http_header(request, "Authorization"));
	jw_put_str(w, "type", http_header(request, "Content-Type"));
	jw_put_str(w, "length", http_header(request, "Content-Length"));
	jw_put_str(w, "body", request->body);
	jw_object_end(w);
	return HTTP_REPLY;
}

static enum http_outcome limited(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	http_error(reply, 429, "M_LIMIT_EXCEEDED", "Slowly");
	http_reply_header(reply, "Retry-After", "3");
	return HTTP_REPLY;
}

static enum http_outcome away(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	return http_redirect(reply, "/describe");
}

static enum http_outcome large(struct http_request *request, struct http_reply *reply)
{
	(void)request;
	reply->content_type = "text/plain; charset=utf-8";
	for (int i = 0; i < 5000; i++)
		buf_append_byte(&reply->body, 'x');
	return HTTP_REPLY;
}

static enum http_outcome never(struct http_request *request, struct http_reply *reply)
{
	(void)reply;
	gate_set(&gate, true);
	request->park_until_ms = clock_mono_ms() + 600000;
	return HTTP_PARK;
}

static const struct http_route rows[] = {
	{HTTP_GET, "/describe", 0, 0, BODY_NONE, 0, describe},
	{HTTP_POST, "/describe", 0, 0, BODY_BYTES, 1 << 20, describe},
	{HTTP_PUT, "/describe", 0, 0, BODY_BYTES, 1 << 20, describe},
	{HTTP_DELETE, "/describe", 0, 0, BODY_BYTES, 0, describe},
	{HTTP_GET, "/limited", 0, 0, BODY_NONE, 0, limited},
	{HTTP_GET, "/away", 0, 0, BODY_NONE, 0, away},
	{HTTP_GET, "/large", 0, 0, BODY_NONE, 0, large},
	{HTTP_GET, "/never", 0, 0, BODY_NONE, 0, never},
};
static const struct http_routes table = {rows, ARRAY_LEN(rows)};

static struct served served;
static struct http_client *client;

static int setup(void **state)
{
	(void)state;
	http_client_global_init();
	gate_init(&gate);
	served = serve(served_config(&table));
	client = http_client_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	http_client_free(&client);
	assert_null(client);
	served_end(&served);
	return 0;
}

static struct http_call call_to(struct arena *arena, const char *method, const char *path)
{
	return (struct http_call){.method = method,
		.url = arena_printf(arena, "http://127.0.0.1:%u%s", served.port, path).p};
}

static void expect(struct arena *arena, const struct http_call *call, const char *content,
	struct http_answer *out)
{
	check_ok(http_call(client, arena, call, out));
	assert_int_equal(out->status, 200);
	assert_int_equal(out->body.p[out->body.n], '\0');
	check_str(out->body, content);
}

static void methods_and_bodies(void **state)
{
	ARENA_SCOPE(arena);
	struct http_answer answer;

	(void)state;
	struct http_call call = call_to(arena, "GET", "/describe?a=%20b");
	expect(arena, &call,
		"{\"query\":\"a=%20b\",\"authorization\":\"\",\"type\":\"\",\"length\":\"\","
		"\"body\":\"\"}",
		&answer);
	check_str(answer.content_type, "application/json");
	call = call_to(arena, "PUT", "/describe");
	call.body = STR("{}");
	call.bearer = "secret";
	expect(arena, &call,
		"{\"query\":\"\",\"authorization\":\"Bearer secret\",\"type\":\"application/json\","
		"\"length\":\"2\",\"body\":\"{}\"}",
		&answer);
	call = call_to(arena, "POST", "/describe");
	call.body = STR("a\0b");
	call.content_type = "text/plain";
	expect(arena, &call,
		"{\"query\":\"\",\"authorization\":\"\",\"type\":\"text/plain\","
		"\"length\":\"3\",\"body\":\"a\\u0000b\"}",
		&answer);
	call = call_to(arena, "POST", "/describe");
	expect(arena, &call,
		"{\"query\":\"\",\"authorization\":\"\",\"type\":\"\",\"length\":\"0\","
		"\"body\":\"\"}",
		&answer);
	call = call_to(arena, "DELETE", "/describe");
	expect(arena, &call,
		"{\"query\":\"\",\"authorization\":\"\",\"type\":\"\",\"length\":\"\","
		"\"body\":\"\"}",
		&answer);
	/* All on one connection. */
	assert_int_equal(served_metric(&served, CONNECTIONS), 1);
}

static void a_body_from_a_file(void **state)
{
	ARENA_SCOPE(arena);
	struct http_answer answer;
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd > 0);
	check_ok(fs_write_all(fd, STR("from a file, and more")));
	struct http_call call = call_to(arena, "POST", "/describe");
	call.content_type = "image/png";
	call.body_fd = fd;
	call.body_size = 11;
	expect(arena, &call,
		"{\"query\":\"\",\"authorization\":\"\",\"type\":\"image/png\",\"length\":\"11\","
		"\"body\":\"from a file\"}",
		&answer);
	call.body_size = 1000;
	check_status(http_call(client, arena, &call, &answer), STATUS_UNAVAILABLE);
	close(fd);
}

static void what_the_peer_says_is_an_answer(void **state)
{
	ARENA_SCOPE(arena);
	struct http_answer answer;

	(void)state;
	struct http_call call = call_to(arena, "GET", "/limited");
	check_ok(http_call(client, arena, &call, &answer));
	assert_int_equal(answer.status, 429);
	assert_int_equal(answer.retry_after_ms, 3000);
	call = call_to(arena, "GET", "/nowhere");
	check_ok(http_call(client, arena, &call, &answer));
	assert_int_equal(answer.status, 404);
	assert_int_equal(answer.retry_after_ms, 0);
	call = call_to(arena, "GET", "/away");
	check_ok(http_call(client, arena, &call, &answer));
	assert_int_equal(answer.status, 302);
	call = call_to(arena, "HEAD", "/large");
	check_ok(http_call(client, arena, &call, &answer));
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.body.n, 0);
}

static void answers_have_a_limit(void **state)
{
	ARENA_SCOPE(arena);
	struct http_answer answer;

	(void)state;
	struct http_call call = call_to(arena, "GET", "/large");
	call.max_answer = 4999;
	check_status(http_call(client, arena, &call, &answer), STATUS_TOO_LARGE);
	call.max_answer = 5000;
	check_ok(http_call(client, arena, &call, &answer));
	assert_int_equal(answer.body.n, 5000);
	check_str(answer.content_type, "text/plain; charset=utf-8");
}

static void nobody_answers(void **state)
{
	ARENA_SCOPE(arena);
	struct http_answer answer;

	(void)state;
	struct http_call call = call_to(arena, "GET", "/never");
	call.timeout_ms = 50;
	check_status(http_call(client, arena, &call, &answer), STATUS_TIMEOUT);
	/* Bound and then closed: nobody listens there. */
	struct served other = serve(served_config(&table));
	call.url = arena_printf(arena, "http://127.0.0.1:%u/", other.port).p;
	call.timeout_ms = 0;
	served_end(&other);
	check_status(http_call(client, arena, &call, &answer), STATUS_UNAVAILABLE);
}

static atomic_bool cancel;

static void *cancel_when_asked(void *arg)
{
	(void)arg;
	mutex_lock(&gate.lock);
	while (!gate.open)
		pthread_cond_wait(&gate.changed, &gate.lock.m);
	mutex_unlock(&gate.lock);
	atomic_store(&cancel, true);
	return NULL;
}

static void a_call_can_be_cancelled(void **state)
{
	ARENA_SCOPE(arena);
	struct http_answer answer;

	(void)state;
	gate_set(&gate, false);
	struct http_call call = call_to(arena, "GET", "/never");
	call.cancel = &cancel;
	pthread_t thread = thread_start("cancel", cancel_when_asked, NULL);
	int64_t begin = clock_mono_ms();
	check_status(http_call(client, arena, &call, &answer), STATUS_UNAVAILABLE);
	assert_true(clock_mono_ms() - begin < 5000);
	thread_join(thread);
}

static void wrong_calls(void **state)
{
	static const char *const urls[] = {
		"", "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://"};
	ARENA_SCOPE(arena);
	struct http_answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct http_call call = {.method = "GET", .url = urls[i]};
		check_status(http_call(client, arena, &call, &answer), STATUS_INVALID);
	}
	struct http_call call = call_to(arena, "GET", "/describe");
	call.bearer = "a\r\nX-Other: b";
	check_status(http_call(client, arena, &call, &answer), STATUS_INVALID);
	call.bearer = NULL;
	check_ok(http_call(client, arena, &call, &answer));
}

static void escaping(void **state)
{
	BUF_SCOPE(out, 100);

	(void)state;
	http_escape(&out, STR("aZ09-._~ /%+\xc3\xa9\0"));
	check_str(buf_str(&out), "aZ09-._~%20%2F%25%2B%C3%A9%00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_and_bodies),
		cmocka_unit_test(a_body_from_a_file),
		cmocka_unit_test(what_the_peer_says_is_an_answer),
		cmocka_unit_test(answers_have_a_limit),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(a_call_can_be_cancelled),
		cmocka_unit_test(wrong_calls),
		cmocka_unit_test(escaping),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
