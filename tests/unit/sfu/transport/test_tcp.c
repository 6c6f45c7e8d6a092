/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "sfu/transport/tcp.h"

#define PATIENCE_MS 5000

/* Takes note of what comes; a packet "prove" proves its connection, "leave" closes it. */
struct scene {
	struct tcp *tcp;
	int64_t now_us;
	unsigned received, closed;
	struct path last;
	char text[SOCKET_PACKET_BYTES];
};

static void on_receive(void *context, const struct datagram *d)
{
	struct scene *s = context;
	s->received++;
	s->last = d->path;
	memcpy(s->text, d->bytes, d->size);
	s->text[d->size] = '\0';
	if (strcmp(s->text, "prove") == 0) {
		tcp_prove(s->tcp, &d->path);
	} else if (strcmp(s->text, "leave") == 0) {
		tcp_close(s->tcp, &d->path);
	}
}

static void on_closed(void *context, const struct path *path)
{
	struct scene *s = context;
	s->closed++;
	s->last = *path;
}

static int setup(void **state)
{
	struct scene *s = MEM_NEW(struct scene);
	s->tcp = tcp_new(&(struct tcp_events){s, on_receive, on_closed});
	check_ok(tcp_listen(s->tcp, "127.0.0.1", 0));
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	tcp_free(&s->tcp);
	mem_freep(&s);
	return 0;
}

static int dial(const struct scene *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(tcp_port(s->tcp)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* One round of what has come; false when nothing comes. */
static bool work(struct scene *s, int wait_ms)
{
	struct pollfd p = {.fd = tcp_fd(s->tcp), .events = POLLIN};
	if (poll(&p, 1, wait_ms) != 1) {
		return false;
	}
	tcp_work(s->tcp, s->now_us);
	return true;
}

static void say(int fd, const char *text)
{
	uint8_t bytes[2 + 100];
	size_t n = strlen(text);
	bytes[0] = 0;
	bytes[1] = (uint8_t)n;
	memcpy(bytes + 2, text, n);
	assert_int_equal(send(fd, bytes, n + 2, 0), n + 2);
}

static void expect(struct scene *s, const char *text)
{
	unsigned before = s->received;
	while (s->received == before) {
		assert_true(work(s, PATIENCE_MS));
	}
	assert_string_equal(s->text, text);
}

static void expect_end(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char byte;
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
}

static int prove(struct scene *s)
{
	int fd = dial(s);
	say(fd, "prove");
	expect(s, "prove");
	return fd;
}

static void packets_go_both_ways(void **state)
{
	struct scene *s = *state;
	char answer[16];
	int fd = prove(s);
	struct path path = s->last;
	assert_int_equal(path.remote.protocol, ADDRESS_TCP);
	assert_int_equal(path.local.port, tcp_port(s->tcp));
	check_ok(tcp_send(s->tcp, &path, URGENCY_AUDIO, (const uint8_t *)"hello", 5, 0));
	assert_int_equal(recv(fd, answer, 7, MSG_WAITALL), 7);
	assert_memory_equal(answer, "\0\5hello", 7);
	/* Byte by byte, too. */
	for (const char *p = "\0\3yes"; p < "\0\3yes" + 5; p++) {
		assert_int_equal(send(fd, p, 1, 0), 1);
		(void)work(s, 20);
	}
	assert_string_equal(s->text, "yes");
	close(fd);
	while (s->closed == 0) {
		assert_true(work(s, PATIENCE_MS));
	}
	assert_true(path_eq(&s->last, &path));
	check_status(tcp_send(s->tcp, &path, URGENCY_AUDIO, (const uint8_t *)"hello", 5, 0),
		STATUS_UNAVAILABLE);
}

static void a_connection_may_end_in_the_middle_of_its_packets(void **state)
{
	struct scene *s = *state;
	int fd = prove(s);
	say(fd, "leave");
	expect(s, "leave");
	expect_end(fd);
	assert_int_equal(s->closed, 0); /* it was we who closed it */
	close(fd);
}

static void strangers_have_little_time_and_few_words(void **state)
{
	struct scene *s = *state;
	/* Slowly: a byte now and then is not enough. */
	static const char slowly[10] = {0, 64};
	int slow = dial(s);
	assert_true(work(s, PATIENCE_MS));
	for (int i = 0; i < 10; i++) {
		s->now_us += TCP_PROOF_US / 10;
		assert_int_equal(send(slow, &slowly[i], 1, MSG_NOSIGNAL), 1);
		(void)work(s, 20);
		tcp_tick(s->tcp, s->now_us);
	}
	expect_end(slow);
	/* Too long a packet. */
	int large = dial(s);
	assert_int_equal(send(large, "\x02\x01", 2, 0), 2);
	while (tcp_counters(s->tcp)->unproven < 2) {
		assert_true(work(s, PATIENCE_MS));
	}
	expect_end(large);
	/* Too many that prove nothing. */
	int chatty = dial(s);
	for (int i = 0; i < 4; i++) {
		say(chatty, "well");
	}
	while (tcp_counters(s->tcp)->unproven < 3) {
		assert_true(work(s, PATIENCE_MS));
	}
	expect_end(chatty);
	assert_int_equal(s->closed, 0);
	/* Who is proven may be silent for longer, but not for ever. */
	int fd = prove(s);
	s->now_us += TCP_PROOF_US;
	tcp_tick(s->tcp, s->now_us);
	assert_int_equal(s->closed, 0);
	s->now_us += TCP_SILENCE_US;
	tcp_tick(s->tcp, s->now_us);
	assert_int_equal(s->closed, 1);
	expect_end(fd);
	close(slow);
	close(large);
	close(chatty);
	close(fd);
}

static void one_address_takes_few_places(void **state)
{
	struct scene *s = *state;
	int fds[TCP_STRANGERS_FROM_ONE + 1];
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = dial(s);
	}
	while (tcp_counters(s->tcp)->accepted + tcp_counters(s->tcp)->refused <
		(int64_t)ARRAY_LEN(fds)) {
		assert_true(work(s, PATIENCE_MS));
	}
	assert_int_equal(tcp_counters(s->tcp)->refused, 1);
	/* A proof makes room for another. */
	say(fds[0], "prove");
	expect(s, "prove");
	int more = dial(s);
	say(more, "prove");
	expect(s, "prove");
	close(more);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		close(fds[i]);
	}
}

static void video_is_left_out_when_nobody_reads(void **state)
{
	struct scene *s = *state;
	static const uint8_t packet[1200];
	int fd = prove(s), little = 4096;
	struct path path = s->last;
	enum status status = STATUS_OK;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	for (int i = 0; i < 100000 && status == STATUS_OK; i++) {
		status = tcp_send(s->tcp, &path, URGENCY_VIDEO, packet, sizeof(packet), s->now_us);
	}
	check_status(status, STATUS_LIMITED);
	check_ok(tcp_send(s->tcp, &path, URGENCY_AUDIO, packet, 100, s->now_us));
	check_ok(tcp_send(s->tcp, &path, URGENCY_CONTROL, packet, 100, s->now_us));
	assert_true(tcp_counters(s->tcp)->left_out >= 1);
	/* All that was taken arrives whole, and the way is free again. */
	uint8_t header[2], bytes[2048];
	size_t last = 0;
	unsigned small = 0;
	while (small < 2) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		while (poll(&p, 1, 0) != 1) {
			(void)work(s, 10);
		}
		assert_int_equal(recv(fd, header, 2, MSG_WAITALL), 2);
		last = (size_t)header[0] << 8 | header[1];
		assert_true(last == 1200 || last == 100);
		for (size_t n = 0; n < last;) {
			ssize_t got = recv(fd, bytes, last - n, MSG_DONTWAIT);
			n += got > 0 ? (size_t)got : 0;
			(void)work(s, 0);
		}
		small += last == 100;
	}
	check_ok(tcp_send(s->tcp, &path, URGENCY_VIDEO, packet, sizeof(packet), s->now_us));
	close(fd);
}

static void a_stranger_goes_to_another_thread(void **state)
{
	struct scene *s = *state;
	struct scene other = {.now_us = 0};
	other.tcp = tcp_new(&(struct tcp_events){&other, on_receive, on_closed});
	assert_int_equal(tcp_port(other.tcp), 0);
	int fd = dial(s);
	say(fd, "well");
	expect(s, "well");
	/* As if in the midst of the call: the packet is in hand no more, so nothing is said anew. */
	struct tcp_stranger *stranger = tcp_hand_over(s->tcp, &s->last);
	assert_non_null(stranger);
	assert_null(tcp_hand_over(s->tcp, &s->last));
	tcp_take_over(other.tcp, &stranger, 0);
	assert_null(stranger);
	say(fd, "prove");
	expect(&other, "prove");
	assert_null(tcp_hand_over(other.tcp, &other.last));
	tcp_free(&other.tcp);
	expect_end(fd);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(packets_go_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_connection_may_end_in_the_middle_of_its_packets, setup, teardown),
		cmocka_unit_test_setup_teardown(
			strangers_have_little_time_and_few_words, setup, teardown),
		cmocka_unit_test_setup_teardown(one_address_takes_few_places, setup, teardown),
		cmocka_unit_test_setup_teardown(
			video_is_left_out_when_nobody_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stranger_goes_to_another_thread, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
