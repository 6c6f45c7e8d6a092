/* SPDX-License-Identifier: Apache-2.0 */
/* What handlers see, and what their replies become on the wire. */
#include "tests/unit/common/http/sample.h"

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
	assert_true(leading_number(answer_header(&answer, "Content-Length")) > 2);
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
	answer = ask(served.port, GET("/more"));
	assert_int_equal(answer.status, 429);
	assert_string_equal(answer.body,
		"{\"errcode\":\"M_LIMIT_EXCEEDED\",\"error\":\"Slowly\",\"retry_after_ms\":7}");
	log_set_level((enum log_level)0);
	expect(GET("/unfinished"), 500, "M_UNKNOWN");
	log_set_level(LOG_LEVEL_ERROR);
}

static void metrics_are_for_this_machine(void **state)
{
	(void)state;
	struct answer answer = ask(served.port, GET("/metrics"));
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.body, "parvis_http_connections{"));
	expect("GET /metrics HTTP/1.1\r\n" HOST "X-Forwarded-For: 127.0.0.1\r\n\r\n", 403,
		"M_FORBIDDEN");
	expect("GET /metrics HTTP/1.1\r\n" HOST "Forwarded: for=127.0.0.1\r\n\r\n", 403,
		"M_FORBIDDEN");
}

static void requests_are_counted_by_route(void **state)
{
	const char *series = "parvis_http_requests_total{server=\"test\",method=\"POST\","
			     "route=\"/json\",code=\"2xx\"}";
	int64_t before = served_metric(&served, series);

	(void)state;
	expect(POST("/json", 2, "{}"), 200, "");
	assert_int_equal(served_metric(&served, series), (before < 0 ? 0 : before) + 1);
	assert_true(
		served_metric(&served, "parvis_http_request_duration_seconds_count{server=\"test\","
				       "method=\"POST\",route=\"/json\"}") > 0);
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

static void *never_ready(void *app)
{
	(void)app;
	return NULL;
}

static void a_worker_that_cannot_begin_is_told_at_the_start(void **state)
{
	struct http_server_config config = served_config(&table);
	struct http_server *second = NULL;

	(void)state;
	config.worker_start = never_ready;
	check_status(http_server_start(&config, &second), STATUS_IO);
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
		cmocka_unit_test(metrics_are_for_this_machine),
		cmocka_unit_test(requests_are_counted_by_route),
		cmocka_unit_test(a_port_is_taken_once),
		cmocka_unit_test(a_worker_that_cannot_begin_is_told_at_the_start),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_stop);
}
