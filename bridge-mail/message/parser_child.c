/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/parser_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
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

static enum status start(const char *program, const char *mail_path, const char *result_path,
	const char *folder, pid_t *pid_out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)folder, NULL};
	char *const environment[] = {(char *)(uintptr_t)"LC_ALL=C.UTF-8", NULL};
	if (posix_spawn_file_actions_init(&files) != 0)
		return STATUS_UNAVAILABLE;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return STATUS_UNAVAILABLE;
	}
	int error = add_files(&files, mail_path, result_path);
	if (error == 0)
		error = plain_signals(&attributes);
	if (error == 0)
		error = posix_spawn(pid_out, program, &files, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	if (error != 0)
		log_error("%s cannot be started: %s", program, strerror(error));
	return error == 0 ? STATUS_OK : STATUS_UNAVAILABLE;
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
	if (WIFEXITED(result) && WEXITSTATUS(result) == 0)
		return STATUS_OK;
	if (WIFEXITED(result) && WEXITSTATUS(result) == EXIT_DISK)
		return STATUS_IO;
	if (WIFEXITED(result) && WEXITSTATUS(result) == EXIT_NO_PROGRAM)
		return STATUS_UNAVAILABLE;
	if (WIFSIGNALED(result))
		log_warning("a mail ended its parser signal=%d", WTERMSIG(result));
	return STATUS_INVALID;
}
