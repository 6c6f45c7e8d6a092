/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bridge-mail/inbound/listener.h"
#include "bridge-mail/inbound/recipients.h"
#include "bridge-mail/inbound/socket.h"
#include "bridge-mail/store/mailboxes.h"
#include "bridge-mail/store/mails.h"
#include "bridge-mail/store/store.h"
#include "common/base/mem.h"
#include "tests/unit/check.h"

#define MAX_CONNECTIONS 32

struct fixture {
	char dir[64];
	char state_dir[80], db_path[96], lmtp_path[96];
	struct config_mailbox mailbox;
	struct config config;
	struct bridge bridge;
	char why[CONFIG_ERROR_MAX];
};

static enum status add_mailbox(struct db_tx *tx, void *arg) REQUIRES(on_writer)
{
	int64_t id;
	(void)arg;
	return mailboxes_put(tx, STR("voirie@ville.example"), STR("Voirie"), &id);
}

/* A port that was free a moment ago. */
static uint16_t free_port(void)
{
	char why[CONFIG_ERROR_MAX];
	uint16_t port;
	int fd;
	check_ok(socket_listen_loopback("127.0.0.1", 0, &fd, &port, why));
	close(fd);
	return port;
}

static int setup(void **state)
{
	static char address[] = "voirie@ville.example", name[] = "Voirie";
	static char server[] = "ville.example", loopback[] = "127.0.0.1";
	struct fixture *f = MEM_NEW(struct fixture);
	snprintf(f->dir, sizeof(f->dir), "/tmp/parvis-test.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->state_dir, sizeof(f->state_dir), "%s/state", f->dir);
	snprintf(f->db_path, sizeof(f->db_path), "%s/bridge.db", f->state_dir);
	snprintf(f->lmtp_path, sizeof(f->lmtp_path), "%s/lmtp.sock", f->dir);
	f->mailbox = (struct config_mailbox){.address = address, .name = name};
	f->config.server_name = server;
	f->config.bridge_mail = (struct config_bridge_mail){
		.smtp_address = loopback,
		.smtp_port = free_port(),
		.lmtp_socket = f->lmtp_path,
		.mail_max_bytes = 1000,
		.mailboxes = &f->mailbox,
		.mailboxes_count = 1,
	};
	f->bridge = (struct bridge){
		.config = &f->config, .state_dir = f->state_dir, .db_path = f->db_path};
	check_ok(store_open(f->state_dir, f->db_path, &f->bridge, &f->bridge.writer));
	check_ok(db_write(f->bridge.writer, add_mailbox, NULL));
	if (listener_start(&f->bridge, &f->bridge.listener, f->why) != STATUS_OK)
		fail_msg("%s", f->why);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];
	listener_stop(&f->bridge.listener);
	db_writer_stop(&f->bridge.writer);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static int connect_smtp(struct fixture *f)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(listener_smtp_port(f->bridge.listener)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

/* Reads up to and with the next line end. */
static void read_line(int fd, char *out, size_t max)
{
	size_t n = 0;
	while (n + 1 < max && read(fd, out + n, 1) == 1)
		if (out[n++] == '\n')
			break;
	out[n] = '\0';
}

static void check_line(int fd, const char *start)
{
	char line[512];
	read_line(fd, line, sizeof(line));
	if (strncmp(line, start, strlen(start)) != 0)
		fail_msg("\"%s\" does not start with \"%s\"", line, start);
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void test_smtp_keeps_a_mail(void **state)
{
	struct fixture *f = *state;
	struct delivery delivery;
	ARENA_SCOPE(arena);
	int fd = connect_smtp(f);
	check_line(fd, "220 ville.example ESMTP");
	say(fd, "HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<voirie@ville.example>\r\nDATA\r\n");
	check_line(fd, "250 ");
	check_line(fd, "250 ");
	check_line(fd, "250 ");
	check_line(fd, "354 ");
	say(fd, "Subject: x\r\n\r\ny\r\n.\r\n");
	check_line(fd, "250 2.0.0 Kept as 1");
	close(fd);
	/* What was acknowledged is there without the listener's doing. */
	struct db *db = NULL;
	check_ok(db_open(f->db_path, true, &db));
	check_ok(delivery_next(db, 0, arena, &delivery));
	check_str(delivery.recipient, "voirie@ville.example");
	db_close(&db);
}

static void test_too_many_connections(void **state)
{
	struct fixture *f = *state;
	int fds[MAX_CONNECTIONS];
	for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
		fds[i] = connect_smtp(f);
		check_line(fds[i], "220 ");
	}
	int fd = connect_smtp(f);
	check_line(fd, "421 4.3.2");
	close(fd);
	/* One goes, and its place is free again. */
	say(fds[0], "QUIT\r\n");
	check_line(fds[0], "221 ");
	char rest;
	assert_int_equal(read(fds[0], &rest, 1), 0);
	for (int tries = 0;; tries++) {
		char line[512];
		fd = connect_smtp(f);
		read_line(fd, line, sizeof(line));
		close(fd);
		if (strncmp(line, "220 ", 4) == 0)
			break;
		assert_true(tries < 1000);
	}
	for (size_t i = 0; i < MAX_CONNECTIONS; i++)
		close(fds[i]);
}

static void test_stop_says_goodbye(void **state)
{
	struct fixture *f = *state;
	int fd = connect_smtp(f);
	check_line(fd, "220 ");
	listener_stop(&f->bridge.listener);
	check_line(fd, "421 4.3.2 Shutting down");
	close(fd);
	assert_int_not_equal(access(f->lmtp_path, F_OK), 0);
}

static void test_sockets(void **state)
{
	struct fixture *f = *state;
	char path[256];
	uint16_t port;
	int fd;
	check_status(socket_listen_loopback("0.0.0.0", 0, &fd, &port, f->why), STATUS_INVALID);
	check_status(socket_listen_loopback("mail.example", 0, &fd, &port, f->why), STATUS_INVALID);
	check_status(socket_listen_loopback("127.0.0.1", listener_smtp_port(f->bridge.listener),
			     &fd, &port, f->why),
		STATUS_EXISTS);
	assert_non_null(strstr(f->why, "bridge_mail.smtp_port"));
	check_status(socket_listen_unix(f->lmtp_path, &fd, f->why), STATUS_EXISTS);
	memset(path, 'x', 200);
	path[200] = '\0';
	check_status(socket_listen_unix(path, &fd, f->why), STATUS_INVALID);
	/* What a killed bridge leaves is replaced. */
	snprintf(path, sizeof(path), "%s/dead.sock", f->dir);
	check_ok(socket_listen_unix(path, &fd, f->why));
	close(fd);
	check_ok(socket_listen_unix(path, &fd, f->why));
	close(fd);
}

static void test_recipients(void **state)
{
	struct fixture *f = *state;
	struct recipients *list = NULL;
	struct db *db = NULL;
	check_ok(db_open(f->db_path, true, &db));
	check_ok(recipients_new(db, &f->config.bridge_mail, &list));
	assert_int_equal(recipients_find(list, STR("Voirie@VILLE.example")), 1);
	assert_int_equal(recipients_find(list, STR("voirie+travaux@ville.example")), 1);
	assert_int_equal(recipients_find(list, STR("voiriex@ville.example")), 0);
	assert_int_equal(recipients_find(list, STR("voirie@x+ville.example")), 0);
	assert_int_equal(recipients_find(list, STR("+@ville.example")), 0);
	recipients_free(&list);
	f->mailbox.address = f->config.server_name;
	check_status(recipients_new(db, &f->config.bridge_mail, &list), STATUS_NOT_FOUND);
	db_close(&db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_smtp_keeps_a_mail),
		TEST(test_too_many_connections),
		TEST(test_stop_says_goodbye),
		TEST(test_sockets),
		TEST(test_recipients),
	};
	return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
