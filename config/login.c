/* SPDX-License-Identifier: Apache-2.0 */
#include "config/login.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/crypto/secret.h"

extern char **environ;

static enum status fail(enum status status, char why[CONFIG_ERROR_MAX], const char *what,
	const char *which, const char *then)
{
	snprintf(why, CONFIG_ERROR_MAX, "%s %.200s %s", what, which, then);
	return status;
}

/* The first line, which must be plain text: it goes into a command of a protocol. */
static enum status take(struct str text, struct arena *arena, struct login *out)
{
	struct str line;
	text = str_trim(text);
	if (!str_cut(&text, '\n', &line))
		return STATUS_INVALID;
	line = str_trim(line);
	for (size_t i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
			return STATUS_INVALID;
	out->secret = str_n(arena_c_str(arena, line), line.n);
	return line.n > 0 ? STATUS_OK : STATUS_INVALID;
}

static enum status read_secret_file(
	const char *path, struct arena *arena, struct login *out, char why[CONFIG_ERROR_MAX])
{
	BUF_SCOPE(bytes, LOGIN_SECRET_MAX);
	enum status status = fs_read_file(path, &bytes);
	if (status != STATUS_OK)
		return fail(status, why, "the file", path, "cannot be read");
	status = take(buf_str(&bytes), arena, out);
	secret_wipe(bytes.p, bytes.n);
	if (status != STATUS_OK)
		return fail(status, why, "the file", path, "holds no secret on its first line");
	return STATUS_OK;
}

static pid_t spawn_shell(const char *command, int out_fd)
{
	char shell[] = "/bin/sh", option[] = "-c";
	char *argv[] = {shell, option, (char *)(uintptr_t)command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid = -1;
	sigemptyset(&none);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	if (posix_spawnattr_init(&attributes) == 0) {
		/* A group of its own, so that a time-out ends what it has started too. */
		bool ready = posix_spawnattr_setflags(&attributes,
				     POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP) == 0 &&
			     posix_spawnattr_setsigmask(&attributes, &none) == 0 &&
			     posix_spawnattr_setpgroup(&attributes, 0) == 0 &&
			     posix_spawn_file_actions_addopen(
				     &actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
			     posix_spawn_file_actions_adddup2(&actions, out_fd, 1) == 0;
		if (!ready || posix_spawn(&pid, shell, &actions, &attributes, argv, environ) != 0)
			pid = -1;
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static enum status read_until_end(int fd, struct buf *out)
{
	int64_t end = clock_mono_ms() + LOGIN_COMMAND_TIMEOUT_MS;
	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		int64_t left = end - clock_mono_ms();
		if (left <= 0)
			return STATUS_TIMEOUT;
		if (poll(&poll_fd, 1, (int)left) <= 0)
			continue;
		char bytes[1024];
		ssize_t n = read(fd, bytes, sizeof(bytes));
		if (n == 0)
			return buf_status(out);
		if (n < 0 && errno != EINTR)
			return STATUS_IO;
		if (n > 0)
			buf_append(out, str_n(bytes, (size_t)n));
		secret_wipe(bytes, sizeof(bytes));
	}
}

static enum status run_command(
	const char *command, struct arena *arena, struct login *out, char why[CONFIG_ERROR_MAX])
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail(STATUS_IO, why, "no pipe for", command, "can be had");
	FD_SCOPE int read_fd = ends[0];
	pid_t pid = spawn_shell(command, ends[1]);
	close(ends[1]);
	if (pid < 0)
		return fail(STATUS_IO, why, "the command", command, "cannot be started");
	BUF_SCOPE(bytes, LOGIN_SECRET_MAX);
	enum status status = read_until_end(read_fd, &bytes);
	if (status != STATUS_OK)
		(void)kill(-pid, SIGKILL);
	int code = 0;
	while (waitpid(pid, &code, 0) < 0 && errno == EINTR)
		;
	if (status == STATUS_OK && code != 0)
		status = STATUS_DENIED;
	if (status == STATUS_OK)
		status = take(buf_str(&bytes), arena, out);
	if (bytes.p != NULL)
		secret_wipe(bytes.p, bytes.n);
	if (status != STATUS_OK)
		return fail(status, why, "the command", command, "gave no token");
	return STATUS_OK;
}

enum status login_read(const struct login_config *config, struct arena *arena, struct login *out,
	char why[CONFIG_ERROR_MAX])
{
	*out = (struct login){.user = str_c(config->user)};
	if (config->token_command[0] != '\0') {
		out->is_token = true;
		return run_command(config->token_command, arena, out, why);
	}
	if (config->token_file[0] != '\0') {
		out->is_token = true;
		return read_secret_file(config->token_file, arena, out, why);
	}
	if (config->password_file[0] != '\0')
		return read_secret_file(config->password_file, arena, out, why);
	return STATUS_OK;
}

void login_wipe(struct login *login)
{
	if (login->secret.n > 0)
		secret_wipe((char *)(uintptr_t)login->secret.p, login->secret.n);
	login->secret = STR_EMPTY;
}
