/* SPDX-License-Identifier: Apache-2.0 */
#include "bridge-mail/message/parser_pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge-mail/message/parser_child.h"
#include "common/base/clock.h"
#include "common/base/fs.h"
#include "common/base/mem.h"
#include "common/base/thread.h"

#define LOG_MODULE "parser"
#include "common/base/log.h"

#define FILES 3 /* of one mail: itself, the result, the folder */

struct parser {
	pid_t pid;
	int fd;
	unsigned mails; /* that it has read */
};

struct parser_pool {
	const char *program;
	struct mutex lock; /* of what follows */
	struct parser idle[PARSER_POOL_IDLE];
	size_t idle_count;
};

struct parser_pool *parser_pool_new(const char *program)
{
	struct parser_pool *pool = MEM_NEW(struct parser_pool);
	pool->program = program;
	mutex_init(&pool->lock);
	return pool;
}

static void end(struct parser *parser)
{
	kill(parser->pid, SIGKILL);
	while (waitpid(parser->pid, NULL, 0) < 0 && errno == EINTR)
		;
	fs_close(&parser->fd);
}

void parser_pool_rest(struct parser_pool *pool)
{
	mutex_lock(&pool->lock);
	while (pool->idle_count > 0)
		end(&pool->idle[--pool->idle_count]);
	mutex_unlock(&pool->lock);
}

void parser_pool_free(struct parser_pool **pool)
{
	struct parser_pool *p = *pool;
	if (p == NULL)
		return;
	*pool = NULL;
	parser_pool_rest(p);
	mutex_release(&p->lock);
	free(p);
}

static enum status take(struct parser_pool *pool, bool fresh, struct parser *out)
{
	bool found = false;
	mutex_lock(&pool->lock);
	if (!fresh && pool->idle_count > 0) {
		*out = pool->idle[--pool->idle_count];
		found = true;
	}
	mutex_unlock(&pool->lock);
	if (found)
		return STATUS_OK;
	*out = (struct parser){.fd = -1};
	return parser_child_serve(pool->program, &out->pid, &out->fd);
}

static void give_back(struct parser_pool *pool, struct parser *parser)
{
	bool kept = false;
	mutex_lock(&pool->lock);
	if (parser->mails < PARSER_POOL_MAILS && pool->idle_count < PARSER_POOL_IDLE) {
		pool->idle[pool->idle_count++] = *parser;
		kept = true;
	}
	mutex_unlock(&pool->lock);
	if (!kept)
		end(parser);
}

static bool send_files(int fd, const int files[FILES])
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(FILES * sizeof(int))];
	} control = {0};
	char byte = 'm';
	struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(FILES * sizeof(int));
	memcpy(CMSG_DATA(header), files, FILES * sizeof(int));
	ssize_t n;
	do
		n = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* The answer is the exit code that a parser over one mail would have; -1: none came in time. */
static int ask(const struct parser *parser, const int files[FILES], int timeout_ms)
{
	if (!send_files(parser->fd, files))
		return -1;
	struct pollfd poll_fd = {.fd = parser->fd, .events = POLLIN};
	for (int64_t until = clock_mono_ms() + timeout_ms;;) {
		int64_t left = until - clock_mono_ms();
		int n = poll(&poll_fd, 1, left > 0 ? (int)left : 0);
		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		if (n > 0)
			break;
	}
	unsigned char code;
	return recv(parser->fd, &code, 1, MSG_DONTWAIT) == 1 ? code : -1;
}

/* What a parser that died has left: the next one makes its files anew. */
static void sweep(int folder_fd, int result_fd)
{
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		fs_close(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (strncmp(entry->d_name, "part-", 5) == 0)
			unlinkat(folder_fd, entry->d_name, 0);
	closedir(dir);
	/* A failure shows as a result that cannot be read. */
	(void)!ftruncate(result_fd, 0);
	(void)lseek(result_fd, 0, SEEK_SET);
}

/* *fresh_out: it was the parser's first mail. */
static enum status run_once(struct parser_pool *pool, const int files[FILES], int timeout_ms,
	bool fresh, bool *fresh_out)
{
	struct parser parser;
	enum status status = take(pool, fresh, &parser);
	if (status != STATUS_OK)
		return status;
	*fresh_out = parser.mails == 0;
	parser.mails++;
	int code = ask(&parser, files, timeout_ms);
	if (code == 0)
		give_back(pool, &parser);
	else
		end(&parser);
	if (code < 0 && *fresh_out)
		log_warning("a mail ended its parser");
	return code == 0 ? STATUS_OK : code < 0 ? STATUS_INVALID : parser_child_status(code);
}

enum status parser_pool_run(struct parser_pool *pool, const char *mail_path,
	const char *result_path, const char *folder, int timeout_ms)
{
	FD_SCOPE int mail_fd = open(mail_path, O_RDONLY | O_CLOEXEC);
	if (mail_fd < 0)
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_IO;
	FD_SCOPE int result_fd = open(result_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FD_SCOPE int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (result_fd < 0 || folder_fd < 0)
		return STATUS_IO;
	const int files[FILES] = {mail_fd, result_fd, folder_fd};
	bool was_fresh = true;
	enum status status = run_once(pool, files, timeout_ms, false, &was_fresh);
	if (status == STATUS_OK || status == STATUS_UNAVAILABLE || was_fresh)
		return status;
	sweep(folder_fd, result_fd);
	return run_once(pool, files, timeout_ms, true, &was_fresh);
}
