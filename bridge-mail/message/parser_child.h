/* SPDX-License-Identifier: Apache-2.0 */
/* Running parvis-mail-parser over one mail. */
#ifndef PARVIS_BRIDGE_PARSER_CHILD_H
#define PARVIS_BRIDGE_PARSER_CHILD_H

#include <sys/types.h>

#include "common/base/status.h"

/*
 * Runs the program with mail_path as its input, result_path (made new) as its output and
 * `folder` as its argument, and waits for it. STATUS_OK: it ended well. STATUS_INVALID: it said
 * that the mail cannot be read, or died of it, or took more than timeout_ms. STATUS_IO: it
 * could not write. STATUS_UNAVAILABLE: it could not be started.
 */
MUST_CHECK enum status parser_child_run(const char *program, const char *mail_path,
	const char *result_path, const char *folder, int timeout_ms);

/*
 * Starts the program as one that reads mail after mail (mail-parser/main.c says how they are
 * handed over); *fd_out is our end of its socket. It ends when that is closed. The caller reaps it.
 * STATUS_UNAVAILABLE.
 */
MUST_CHECK enum status parser_child_serve(const char *program, pid_t *pid_out, int *fd_out);

/* What an exit code of the program says of the mail, as above. */
MUST_CHECK enum status parser_child_status(int exit_code);

#endif
