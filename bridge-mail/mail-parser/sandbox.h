/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parser takes from itself before it reads a byte of a mail: memory, processor time,
 * file size, descriptors, new processes, privileges, sockets and the running of programs. A mail
 * that makes it misbehave ends this process and nothing else.
 */
#ifndef PARVIS_MAIL_PARSER_SANDBOX_H
#define PARVIS_MAIL_PARSER_SANDBOX_H

#include "common/base/status.h"

#define SANDBOX_MEMORY_BYTES  (384ul * 1024 * 1024)
#define SANDBOX_FILE_BYTES    (64ul * 1024 * 1024)
#define SANDBOX_CPU_SECONDS   5	  /* for a mail */
#define SANDBOX_CPU_WHOLE     320 /* for a process, whatever it does */
#define SANDBOX_ALARM_SECONDS 20

/* STATUS_INTERNAL when one of the limits cannot be had: then nothing may be parsed. */
MUST_CHECK enum status sandbox_enter(void);

/* For a process that reads several mails: no alarm while it waits; then the whole time, of the
 * clock and of the processor, for the next mail. */
void sandbox_rest(void);
MUST_CHECK enum status sandbox_renew(void);

#endif
