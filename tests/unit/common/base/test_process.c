/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/process.h"

static void count_reload(void *context)
{
	int *reloads = context;

	(*reloads)++;
}

static void it_ends_on_signals_and_reloads_on_others(void **state)
{
	int reloads = 0;

	(void)state;
	process_block_signals();
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGTERM);
	assert_int_equal(process_wait_for_end(count_reload, &reloads), SIGTERM);
	assert_int_equal(reloads, 1);
	kill(getpid(), SIGINT);
	assert_int_equal(process_wait_for_end(NULL, NULL), SIGINT);
	/* Ignored: a peer that went away is an error of write(2), not our end. */
	kill(getpid(), SIGPIPE);
}

static void readiness_is_told_over_the_socket(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t length = sizeof(address);
	char name[sizeof(address.sun_path) + 1] = "@";
	char text[64];
	ssize_t n;

	(void)state;
	/* The kernel chooses a name in the abstract space. */
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	memcpy(name + 1, address.sun_path + 1, length - offsetof(struct sockaddr_un, sun_path) - 1);
	setenv("NOTIFY_SOCKET", name, 1);
	process_notify("READY=1");
	n = recv(fd, text, sizeof(text), 0);
	assert_int_equal(n, 7);
	assert_memory_equal(text, "READY=1", 7);
	close(fd);
	/* Nobody listens, or the name is no address: nothing happens. */
	process_notify("STOPPING=1");
	setenv("NOTIFY_SOCKET", "nonsense", 1);
	process_notify("STOPPING=1");
	unsetenv("NOTIFY_SOCKET");
	process_notify("STOPPING=1");
}

static void a_failed_start_says_one_line(void **state)
{
	int saved = dup(STDERR_FILENO);
	int ends[2];
	char text[128];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	assert_int_equal(
		process_fail("parvis-test", "port %d is taken: stop the other", 80), EXIT_FAILURE);
	dup2(saved, STDERR_FILENO);
	n = read(ends[0], text, sizeof(text));
	check_str(str_n(text, n < 0 ? 0 : (size_t)n),
		"parvis-test: port 80 is taken: stop the other\n");
	close(ends[0]);
	close(ends[1]);
	close(saved);
}

static void clocks(void **state)
{
	int64_t before = clock_mono_us();

	(void)state;
	assert_true(clock_mono_us() >= before);
	/* 2020-09-13: in milliseconds, not seconds nor microseconds. */
	assert_true(clock_wall_ms() > INT64_C(1600000000000));
	assert_true(clock_wall_ms() < INT64_C(16000000000000));
}

static void statuses_have_names(void **state)
{
	(void)state;
	assert_string_equal(status_name(STATUS_OK), "ok");
	assert_string_equal(status_name(STATUS_INTERNAL), "internal");
	assert_string_equal(status_name((enum status)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_on_signals_and_reloads_on_others),
		cmocka_unit_test(readiness_is_told_over_the_socket),
		cmocka_unit_test(a_failed_start_says_one_line),
		cmocka_unit_test(clocks),
		cmocka_unit_test(statuses_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
