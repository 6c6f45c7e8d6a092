/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sfu/transport/sockets.h"

#define PATIENCE_MS 5000

struct client {
	int fd;
	struct address at; /* its own */
};

/* A socket that sends to one of our addresses, and hears only from there. */
static struct client client_open(const char *ip, uint16_t port)
{
	struct address to;
	struct sockaddr_storage name;
	struct client c;
	check_ok(address_parse(ip, port, &to));
	int family = to.family == 6 ? AF_INET6 : AF_INET;
	socklen_t n = address_to_sockaddr(&to, family, &name);
	c.fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(c.fd, (const struct sockaddr *)&name, n), 0);
	n = sizeof(name);
	assert_int_equal(getsockname(c.fd, (struct sockaddr *)&name, &n), 0);
	address_from_sockaddr((const struct sockaddr *)&name, &c.at);
	return c;
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, PATIENCE_MS) == 1;
}

static size_t wait_for(struct udp_socket *a, struct udp_socket *b, struct datagram *out)
{
	struct pollfd fds[2] = {{.fd = a->fd, .events = POLLIN}, {.fd = b->fd, .events = POLLIN}};
	assert_true(poll(fds, 2, PATIENCE_MS) > 0);
	return udp_receive(fds[0].revents != 0 ? a : b, out);
}

/* One port of two sockets, IPv4 and IPv6: the answer leaves from the address that was written to. */
static void one_port_for_both_families(void **state)
{
	static const char *const ours[] = {"127.0.0.1", "127.0.0.2", "::1"};
	struct udp_socket first, second;
	struct datagram got[SOCKET_BATCH];
	char answer[8];
	(void)state;
	enum status status = udp_open("::", 0, &first);
	if (status == STATUS_INVALID) {
		skip(); /* a system without IPv6 */
	}
	check_ok(status);
	check_ok(udp_open_beside(&first, "::", &second));
	assert_int_equal(first.port, second.port);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		struct client c = client_open(ours[i], first.port);
		assert_int_equal(send(c.fd, "hello", 5, 0), 5);
		assert_int_equal(wait_for(&first, &second, got), 1);
		assert_int_equal(got[0].size, 5);
		assert_int_equal(got[0].path.remote.port, c.at.port);
		assert_int_equal(got[0].path.remote.family, c.at.family);
		assert_int_equal(got[0].path.remote.protocol, ADDRESS_UDP);
		check_ok(udp_send(&second, &got[0].path, (const uint8_t *)"good", 4));
		assert_true(readable(c.fd));
		assert_int_equal(recv(c.fd, answer, sizeof(answer), 0), 4);
		close(c.fd);
	}
	struct udp_socket third;
	check_status(udp_open("::", first.port, &third), STATUS_EXISTS);
	udp_close(&first);
	udp_close(&second);
}

static void what_is_too_long_is_dropped(void **state)
{
	static const char packet[SOCKET_PACKET_BYTES + 1];
	struct udp_socket s;
	struct datagram got[SOCKET_BATCH];
	(void)state;
	check_ok(udp_open("127.0.0.1", 0, &s));
	struct client c = client_open("127.0.0.1", s.port);
	assert_int_equal(send(c.fd, packet, sizeof(packet), 0), sizeof(packet));
	assert_int_equal(send(c.fd, packet, 10, 0), 10);
	size_t n = 0;
	while (n == 0) {
		assert_true(readable(s.fd));
		n = udp_receive(&s, got);
	}
	assert_int_equal(n, 1);
	assert_int_equal(got[0].size, 10);
	close(c.fd);
	udp_close(&s);
}

static void addresses_of_others_are_refused(void **state)
{
	struct udp_socket s;
	(void)state;
	check_status(udp_open("192.0.2.77", 0, &s), STATUS_INVALID);
	check_status(udp_open("localhost", 0, &s), STATUS_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_port_for_both_families),
		cmocka_unit_test(what_is_too_long_is_dropped),
		cmocka_unit_test(addresses_of_others_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
