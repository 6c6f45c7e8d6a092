/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOG_MODULE "test"
#include "common/base/log.h"

/* A socket that keeps each write(2) apart, in the place of standard error. */
struct capture {
	int saved;
	int ends[2];
};

static struct capture capture_start(void)
{
	struct capture capture = {.saved = dup(STDERR_FILENO)};

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, capture.ends), 0);
	dup2(capture.ends[1], STDERR_FILENO);
	return capture;
}

/* What one write wrote, or "" when there was none. */
static const char *capture_next(const struct capture *capture)
{
	static char line[4096];
	ssize_t n = recv(capture->ends[0], line, sizeof(line) - 1, 0);

	line[n < 0 ? 0 : n] = '\0';
	return line;
}

static void capture_end(const struct capture *capture)
{
	dup2(capture->saved, STDERR_FILENO);
	close(capture->saved);
	close(capture->ends[0]);
	close(capture->ends[1]);
}

static void one_event_is_one_line_and_one_write(void **state)
{
	struct capture capture = capture_start();
	const char *line;

	(void)state;
	errno = ENOENT;
	log_info("user=%s n=%d", "@a:b", 3);
	assert_int_equal(errno, ENOENT);
	line = capture_next(&capture);
	assert_string_equal(line, "<6>test: user=@a:b n=3\n");
	log_error("bad");
	assert_string_equal(capture_next(&capture), "<3>test: bad\n");
	assert_string_equal(capture_next(&capture), "");
	capture_end(&capture);
}

static void hostile_bytes_stay_inside_the_line(void **state)
{
	struct capture capture = capture_start();

	(void)state;
	log_warning("%s", "a\nb\x1b[31m\x7f\xff \xC3\xA9");
	assert_string_equal(
		capture_next(&capture), "<4>test: a\\x0ab\\x1b[31m\\x7f\\xff \xC3\xA9\n");
	capture_end(&capture);
}

static void long_lines_are_cut(void **state)
{
	struct capture capture = capture_start();
	char text[5001];
	const char *line;

	(void)state;
	for (size_t i = 0; i < 5000; i += 2)
		memcpy(text + i, "\xC3\xA9", 2);
	text[5000] = '\0';
	log_info("%s", text);
	line = capture_next(&capture);
	assert_true(strlen(line) <= 2048);
	assert_true(strlen(line) > 2000);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_true(str_is_utf8(str_c(line)));
	memset(text, '\n', 5000);
	log_info("%s", text);
	line = capture_next(&capture);
	assert_true(strlen(line) <= 2048);
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	capture_end(&capture);
}

static void levels(void **state)
{
	struct capture capture = capture_start();
	enum log_level level = LOG_LEVEL_INFO;

	(void)state;
	log_debug("hidden");
	assert_string_equal(capture_next(&capture), "");
	check_ok(log_level_parse("debug", &level));
	log_set_level(level);
	log_debug("shown");
	assert_string_equal(capture_next(&capture), "<7>test: shown\n");
	check_ok(log_level_parse("error", &level));
	log_set_level(level);
	log_warning("hidden");
	assert_string_equal(capture_next(&capture), "");
	check_status(log_level_parse("loud", &level), STATUS_INVALID);
	assert_int_equal(level, LOG_LEVEL_ERROR);
	capture_end(&capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_event_is_one_line_and_one_write),
		cmocka_unit_test(hostile_bytes_stay_inside_the_line),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
