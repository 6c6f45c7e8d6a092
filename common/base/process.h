/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each program's main does around its work: signals, readiness (sd_notify(3) without
 * linking libsystemd), orderly end.
 */
#ifndef PARVIS_BASE_PROCESS_H
#define PARVIS_BASE_PROCESS_H

#include "common/base/status.h"

/* Blocks SIGTERM, SIGINT and SIGHUP in all threads, ignores SIGPIPE. Before the first thread. */
void process_block_signals(void);
/* Tells systemd, when it listens: "READY=1", "STOPPING=1", "STATUS=...". */
void process_notify(const char *state);
/* Waits for SIGTERM or SIGINT and returns its number. SIGHUP calls on_reload (may be NULL). */
int process_wait_for_end(void (*on_reload)(void *context), void *context);

/*
 * Makes the folder (0700) and takes it for this process until the process ends: two writers of one
 * state would undo each other's work. STATUS_EXISTS while another process has it.
 */
MUST_CHECK enum status process_lock_folder(const char *folder);

/*
 * The one line that a failed start prints on standard error: "parvis-sfu: text". Says what
 * happened and what to do. Returns EXIT_FAILURE for main to return.
 */
int process_fail(const char *program, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
