/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: JSON, chunks, uploads, and too much of them. */
#include "tests/unit/common/http/sample.h"

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
	peer_send(&peer, CHUNKED("/echo") "3\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: x\r\n\r\n" POST(
				 "/echo", 1, "e"));
	assert_string_equal(peer_answer(&peer).body, "abcd");
	assert_string_equal(peer_answer(&peer).body, "e");
	peer_send(&peer, CHUNKED("/echo") "2\r");
	peer_send(&peer, "\nab\r\n0");
	peer_send(&peer, "\r\n\r\n");
	assert_string_equal(peer_answer(&peer).body, "ab");
	peer_close(&peer);
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

static void a_body_of_just_the_cap_passes(void **state)
{
	struct peer peer = peer_connect(served.port);
	char full[1000];

	(void)state;
	memset(full, 'x', sizeof(full));
	peer_send(&peer, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n");
	peer_send_n(&peer, full, sizeof(full));
	assert_int_equal(peer_answer(&peer).body_n, sizeof(full));
	peer_send(&peer, CHUNKED("/echo") "3e8\r\n");
	peer_send_n(&peer, full, sizeof(full));
	peer_send(&peer, "\r\n0\r\n\r\n");
	assert_int_equal(peer_answer(&peer).body_n, sizeof(full));
	peer_close(&peer);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_bodies),
		cmocka_unit_test(requests_in_one_packet_are_answered_in_order),
		cmocka_unit_test(chunked_bodies),
		cmocka_unit_test(bodies_too_large),
		cmocka_unit_test(a_body_of_just_the_cap_passes),
		cmocka_unit_test(a_refusal_survives_a_sender_who_does_not_listen),
		cmocka_unit_test(uploads_go_through_a_file),
		cmocka_unit_test(chunked_uploads_keep_their_order),
		cmocka_unit_test(uploads_are_admitted_before_they_come),
	};

	return cmocka_run_group_tests(tests, sample_start, sample_stop);
}
