/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PARVIS_THUMBNAILER_SANDBOX_H
#define PARVIS_THUMBNAILER_SANDBOX_H

#include <stdbool.h>

/*
 * From now on this process may use what it has open and its own memory: limits on memory, time,
 * files and output (setrlimit(2), alarm(2)) and a list of allowed system calls (seccomp(2));
 * everything else fails with EPERM. There is no way back. false when the kernel refuses.
 */
bool sandbox_enter(void);

#endif
