/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parvis-mail-parser FOLDER <mail >result
 * parvis-mail-parser <socket
 *
 * Reads one mail (a regular file) from standard input, writes its attachments into FOLDER and
 * what it says as one JSON object to standard output. Exit code 0; 1 when the mail cannot be
 * read, 2 when a file cannot be written; a mail that breaks the limits of the sandbox ends the
 * process by a signal.
 *
 * Without FOLDER, standard input is a socket of packets: each brings the three files of a mail
 * (itself, the result, the folder; SCM_RIGHTS) and is answered by one byte, the exit code. After
 * anything but 0 the process is not to be used again. It ends with the socket.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge-mail/mail-parser/reader.h"
#include "bridge-mail/mail-parser/sandbox.h"
#include "common/base/fs.h"

/* JSON makes up to six bytes of one. */
#define RESULT_MAX (16 * (size_t)MAIL_MAX_TEXT)

#define EXIT_DISK 2

enum { FILE_MAIL, FILE_RESULT, FILE_FOLDER, FILES };

static int read_one(int mail_fd, int result_fd, int folder_fd)
{
	ARENA_SCOPE(arena);
	BUF_SCOPE(result, RESULT_MAX);
	struct read_mail mail;
	read_mail_init(&mail, arena, folder_fd);
	enum status status = read_mail_parse(&mail, mail_fd);
	if (status == STATUS_OK) {
		read_mail_write(&mail, &result);
		status = buf_status(&result);
	}
	read_mail_release(&mail);
	if (status == STATUS_OK)
		status = fs_write_all(result_fd, buf_str(&result));
	if (status == STATUS_IO)
		return EXIT_DISK;
	return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run(const char *folder)
{
	int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0 || sandbox_enter() != STATUS_OK)
		return EXIT_FAILURE;
	return read_one(STDIN_FILENO, STDOUT_FILENO, folder_fd);
}

/* False when no more mails come. */
static bool receive(int files[FILES])
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(FILES * sizeof(int))];
	} control = {0};
	char byte;
	struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	if (recvmsg(STDIN_FILENO, &message, MSG_CMSG_CLOEXEC) != 1)
		return false;
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header == NULL || header->cmsg_type != SCM_RIGHTS ||
		header->cmsg_len != CMSG_LEN(FILES * sizeof(int)))
		return false;
	memcpy(files, CMSG_DATA(header), FILES * sizeof(int));
	return true;
}

static int serve(void)
{
	int files[FILES];
	if (sandbox_enter() != STATUS_OK)
		return EXIT_FAILURE;
	/* Waiting for a mail takes as long as it takes. */
	for (;;) {
		sandbox_rest();
		if (!receive(files))
			return EXIT_SUCCESS;
		if (sandbox_renew() != STATUS_OK)
			return EXIT_FAILURE;
		unsigned char code = (unsigned char)read_one(
			files[FILE_MAIL], files[FILE_RESULT], files[FILE_FOLDER]);
		for (int i = 0; i < FILES; i++)
			close(files[i]);
		if (send(STDIN_FILENO, &code, 1, MSG_NOSIGNAL) != 1)
			return EXIT_FAILURE;
	}
}

int main(int argc, char **argv)
{
	/* Without the ends of libraries: they could hang, and everything is written. */
	_exit(argc == 2 ? run(argv[1]) : argc == 1 ? serve() : EXIT_FAILURE);
}
