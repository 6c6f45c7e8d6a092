/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/media/thumbnail_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "common/base/mem.h"

/* The helper's own alarm comes first, unless its program was taken over. */
#define KILL_AFTER_MS ((THUMBNAIL_SECONDS + 5) * 1000)

/* Standard input and output are the two files; nothing else of ours is open in it, and no signal
 * is blocked. */
static enum status start(char *const argv[], int in_fd, int out_fd, pid_t *pid_out)
{
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	int error = posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	if (error == 0)
		error = posix_spawnattr_setsigmask(&attributes, &none);
	if (error == 0)
		error = posix_spawnattr_setsigdefault(&attributes, &all);
	if (error == 0)
		error = posix_spawnattr_setflags(
			&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (error == 0)
		error = posix_spawn(pid_out, argv[0], &actions, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return error == 0 ? STATUS_OK : STATUS_INTERNAL;
}

/* Waits for the end by way of a descriptor, which can be waited for with a limit. */
static enum status wait_for(pid_t pid, int *wait_status_out)
{
	FD_SCOPE int handle = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {.fd = handle, .events = POLLIN};
	int ready = handle < 0 ? 1 : poll(&ended, 1, KILL_AFTER_MS);
	enum status status = STATUS_OK;
	if (ready <= 0) {
		(void)kill(pid, SIGKILL);
		status = STATUS_TIMEOUT;
	}
	while (waitpid(pid, wait_status_out, 0) < 0)
		if (errno != EINTR)
			return STATUS_INTERNAL;
	return status;
}

enum status thumbnail_run(const char *helper, const struct thumbnail_size *size, int in_fd,
	int out_fd, enum thumbnail_end *end_out)
{
	char width[16];
	char height[16];
	char scale[] = "scale";
	char crop[] = "crop";
	(void)snprintf(width, sizeof(width), "%d", size->width);
	(void)snprintf(height, sizeof(height), "%d", size->height);
	MEM_SCOPE char *program = mem_strdup(str_c(helper));
	char *const argv[] = {program, width, height, size->crop ? crop : scale, NULL};
	pid_t pid;
	int wait_status = 0;
	enum status status = start(argv, in_fd, out_fd, &pid);
	if (status == STATUS_OK)
		status = wait_for(pid, &wait_status);
	if (status != STATUS_OK)
		return status;
	int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : THUMBNAIL_UNKNOWN;
	if (code == 127)
		return STATUS_INTERNAL;
	*end_out =
		code == THUMBNAIL_MADE || code == THUMBNAIL_TOO_LARGE || code == THUMBNAIL_ORIGINAL
			? (enum thumbnail_end)code
			: THUMBNAIL_UNKNOWN;
	return STATUS_OK;
}
