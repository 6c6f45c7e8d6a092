/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/fs.h"

static sigset_t handled_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return set;
}

void process_block_signals(void)
{
	sigset_t set = handled_signals();
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 || sigaction(SIGPIPE, &ignore, NULL) != 0)
		abort();
}

void process_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path == NULL ? 0 : strlen(path);
	FD_SCOPE int fd = -1;

	/* A path or, with '@', a name in the abstract space (sd_notify(3)). */
	if (length < 2 || length >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* When systemd does not hear it, it says so itself when its time-out ends. */
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

int process_wait_for_end(void (*on_reload)(void *context), void *context)
{
	sigset_t set = handled_signals();

	for (;;) {
		int number;
		int error = sigwait(&set, &number);

		if (error == EINTR)
			continue;
		if (error != 0)
			abort();
		if (number != SIGHUP)
			return number;
		if (on_reload != NULL)
			on_reload(context);
	}
}

int process_fail(const char *program, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_FAILURE;
}

enum status process_lock_folder(const char *folder)
{
	char path[PATH_MAX];
	enum status status = fs_make_dirs(folder, 0700);
	int n = snprintf(path, sizeof(path), "%s/lock", folder);

	if (status != STATUS_OK)
		return status;
	if (n < 0 || (size_t)n >= sizeof(path))
		return STATUS_INVALID;
	/* Never closed: the lock ends with the process, however it ends. */
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return STATUS_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return STATUS_OK;
	status = errno == EWOULDBLOCK ? STATUS_EXISTS : STATUS_IO;
	close(fd);
	return status;
}
