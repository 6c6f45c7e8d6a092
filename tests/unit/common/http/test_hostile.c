/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that are ambiguous, slow, greedy, silent or gone. */
#include <poll.h>

#include "tests/unit/common/http/sample.h"

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

/* The end of the stream in the same packet as the last bytes: noticed by the sweep, long before
 * the body's time is over. */
static void an_end_right_behind_the_bytes_is_noticed(void **state)
{
	struct http_server_config config = served_config(&table);

	(void)state;
	config.idle_timeout_ms = 200;
	config.transfer_timeout_ms = 600000;
	struct served patient = serve(config);
	for (int i = 0; i < 20; i++) {
		struct peer peer = peer_connect(patient.port);
		int on = 1;
		setsockopt(peer.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
		peer_send(&peer, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
		shutdown(peer.fd, SHUT_WR);
		peer_expect_end(&peer);
		peer_close(&peer);
	}
	served_await(&patient, CONNECTIONS, 0);
	served_end(&patient);
}

static void garbage_is_survived(void **state)
{
	static const char *const cases[] = {
		"\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n",
		"\x16\x03\x01\x02",
		/* libmicrohttpd 1.0.1 counts one byte too few behind a chunk's extension. */
		"POST /nowhere HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\n\r\n",
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
	struct peer third = peer_connect(small.port);
	peer_send(&third, GET("/show"));
	/* One of them waits in the queue, the other is refused. */
	struct pollfd fds[] = {
		{.fd = second.fd, .events = POLLIN}, {.fd = third.fd, .events = POLLIN}};
	assert_int_equal(poll(fds, 2, PEER_PATIENCE_S * 1000), 1);
	struct peer *refused = fds[0].revents != 0 ? &second : &third;
	struct peer *queued = fds[0].revents != 0 ? &third : &second;
	struct answer answer = peer_answer(refused);
	assert_int_equal(answer.status, 503);
	assert_string_equal(answer_header(&answer, "Retry-After"), "1");
	gate_set(&gate, true);
	assert_int_equal(peer_answer(&first).status, 200);
	assert_int_equal(peer_answer(queued).status, 200);
	peer_send(refused, GET("/show"));
	assert_int_equal(peer_answer(refused).status, 200);
	peer_close(&first);
	peer_close(&second);
	peer_close(&third);
	served_end(&small);
}

static void *stop_server(void *arg)
{
	served_end(arg);
	return NULL;
}

/* What runs is finished, what waits is finished too, and half a request holds nobody up. */
static void stopping_lets_handlers_finish(void **state)
{
	struct http_server_config config = served_config(&table);

	(void)state;
	gate_init(&gate);
	config.workers = 1;
	config.transfer_timeout_ms = 200;
	struct served small = serve(config);
	struct peer running = peer_connect(small.port);
	struct peer waiting = peer_connect(small.port);
	struct peer half = peer_connect(small.port);
	peer_send(&running, GET("/gate"));
	gate_await(&gate, 1);
	peer_send(&waiting, "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");
	peer_send(&half, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
	served_await(&small, CONNECTIONS, 3);
	pthread_t thread = thread_start("stop", stop_server, &small);
	/* Nobody is let in any more: it has begun. */
	for (bool listening = true; listening;) {
		struct sockaddr_in address = {.sin_family = AF_INET,
			.sin_port = htons(small.port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			abort();
		listening = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
		close(fd);
	}
	gate_set(&gate, true);
	struct answer answer = peer_answer(&running);
	assert_int_equal(answer.status, 200);
	assert_string_equal(answer_header(&answer, "Connection"), "close");
	assert_int_equal(peer_answer(&waiting).status, 200);
	peer_expect_end(&half);
	thread_join(thread);
	peer_close(&running);
	peer_close(&waiting);
	peer_close(&half);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ambiguous_framing),
		cmocka_unit_test(requests_too_long),
		cmocka_unit_test(slow_bodies_are_cut_off),
		cmocka_unit_test(half_closed_bodies_end_the_request),
		cmocka_unit_test(an_end_right_behind_the_bytes_is_noticed),
		cmocka_unit_test(garbage_is_survived),
		cmocka_unit_test(a_full_queue_says_so),
		cmocka_unit_test(stopping_lets_handlers_finish),
		cmocka_unit_test(connections_are_counted_by_address),
		cmocka_unit_test(idle_connections_are_closed),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_stop);
}
