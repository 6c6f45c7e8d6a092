/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/parser_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/fs.h"

#define LOG_MODULE "parser"
#include "common/base/log.h"

/* What says nothing about the mail: a file could not be written; there is no such program. */
#define EXIT_DISK	2
#define EXIT_NO_PROGRAM 127

static int add_files(
	posix_spawn_file_actions_t *files, const char *mail_path, const char *result_path)
{
	int error = posix_spawn_file_actions_addopen(files, 0, mail_path, O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(
			files, 1, result_path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	/* Libraries quote mails in their warnings: not into the log. */
	if (error == 0)
		error = posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(files, 3);
	return error;
}

/* No signal blocked, none ignored: the limits speak through signals. */
static int plain_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	int error = posix_spawnattr_setsigmask(attributes, &none);
	if (error == 0)
		error = posix_spawnattr_setsigdefault(attributes, &all);
	if (error == 0)
		error = posix_spawnattr_setflags(
			attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return error;
}

static enum status spawn(const char *program, char *const argv[],
	const posix_spawn_file_actions_t *files, pid_t *pid_out)
{
	char *const environment[] = {(char *)(uintptr_t)"LC_ALL=C.UTF-8", NULL};
	posix_spawnattr_t attributes;
	if (posix_spawnattr_init(&attributes) != 0)
		return STATUS_UNAVAILABLE;
	int error = plain_signals(&attributes);
	if (error == 0)
		error = posix_spawn(pid_out, program, files, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	if (error != 0)
		log_error("%s cannot be started: %s", program, strerror(error));
	return error == 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status start(const char *program, const char *mail_path, const char *result_path,
	const char *folder, pid_t *pid_out)
{
	char *const argv[] = {
		(char *)(uintptr_t)program, (char *)(uintptr_t)folder, NULL}; /* only read */
	posix_spawn_file_actions_t files;
	if (posix_spawn_file_actions_init(&files) != 0)
		return STATUS_UNAVAILABLE;
	enum status status = STATUS_UNAVAILABLE;
	if (add_files(&files, mail_path, result_path) == 0)
		status = spawn(program, argv, &files, pid_out);
	posix_spawn_file_actions_destroy(&files);
	return status;
}

enum status parser_child_serve(const char *program, pid_t *pid_out, int *fd_out)
{
	char *const argv[] = {(char *)(uintptr_t)program, NULL}; /* only read */
	posix_spawn_file_actions_t files;
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return STATUS_UNAVAILABLE;
	FD_SCOPE int theirs = pair[1];
	*fd_out = pair[0];
	if (posix_spawn_file_actions_init(&files) != 0) {
		fs_close(fd_out);
		return STATUS_UNAVAILABLE;
	}
	int error = posix_spawn_file_actions_adddup2(&files, theirs, 0);
	for (int fd = 1; fd <= 2 && error == 0; fd++)
		error = posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(&files, 3);
	enum status status =
		error == 0 ? spawn(program, argv, &files, pid_out) : STATUS_UNAVAILABLE;
	posix_spawn_file_actions_destroy(&files);
	if (status != STATUS_OK)
		fs_close(fd_out);
	return status;
}

enum status parser_child_status(int exit_code)
{
	switch (exit_code) {
	case 0:
		return STATUS_OK;
	case EXIT_DISK:
		return STATUS_IO;
	case EXIT_NO_PROGRAM:
		return STATUS_UNAVAILABLE;
	default:
		return STATUS_INVALID;
	}
}

/* Waits until the process has ended; kills it when the time is over. */
static void wait_or_kill(pid_t pid, int timeout_ms)
{
	FD_SCOPE int fd = pidfd_open(pid, 0);
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int n = 0;
	if (fd >= 0) {
		do
			n = poll(&poll_fd, 1, timeout_ms);
		while (n < 0 && errno == EINTR);
	}
	/* Without a pidfd the limits that the process sets itself must do: none is known that
	 * has set them. */
	if (n == 0)
		kill(pid, SIGKILL);
}

enum status parser_child_run(const char *program, const char *mail_path, const char *result_path,
	const char *folder, int timeout_ms)
{
	pid_t pid;
	enum status status = start(program, mail_path, result_path, folder, &pid);
	if (status != STATUS_OK)
		return status;
	wait_or_kill(pid, timeout_ms);
	int result = 0;
	while (waitpid(pid, &result, 0) < 0)
		if (errno != EINTR)
			return STATUS_IO;
	if (WIFEXITED(result))
		return parser_child_status(WEXITSTATUS(result));
	if (WIFSIGNALED(result))
		log_warning("a mail ended its parser signal=%d", WTERMSIG(result));
	return STATUS_INVALID;
}
