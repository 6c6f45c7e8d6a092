/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parvis-mail-parser FOLDER <mail >result
 *
 * Reads one mail (a regular file) from standard input, writes its attachments into FOLDER and
 * what it says as one JSON object to standard output. Exit code 0; 1 when the mail cannot be
 * read, 2 when a file cannot be written; a mail that breaks the limits of the sandbox ends the
 * process by a signal.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge-mail/mail-parser/reader.h"
#include "bridge-mail/mail-parser/sandbox.h"
#include "common/base/fs.h"

/* JSON makes up to six bytes of one. */
#define RESULT_MAX (16 * (size_t)MAIL_MAX_TEXT)

#define EXIT_DISK 2

static int run(const char *folder)
{
	int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0 || sandbox_enter() != STATUS_OK)
		return EXIT_FAILURE;
	ARENA_SCOPE(arena);
	BUF_SCOPE(result, RESULT_MAX);
	struct read_mail mail;
	read_mail_init(&mail, arena, folder_fd);
	enum status status = read_mail_parse(&mail, STDIN_FILENO);
	if (status == STATUS_OK) {
		read_mail_write(&mail, &result);
		status = buf_status(&result);
	}
	read_mail_release(&mail);
	if (status == STATUS_OK)
		status = fs_write_all(STDOUT_FILENO, buf_str(&result));
	if (status == STATUS_IO)
		return EXIT_DISK;
	return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	/* Without the ends of libraries: they could hang, and everything is written. */
	_exit(argc == 2 ? run(argv[1]) : EXIT_FAILURE);
}
