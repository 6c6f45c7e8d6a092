/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines on standard error, one event a line: "<6>module: text key=value". The leading
 * "<n>" is the priority that systemd's journal reads (sd-daemon(3)); on a terminal a time and a
 * word stand in its place. Bytes below 0x20 are escaped, lines are cut at 2 kB.
 *
 * Never log a secret (token, password, key) nor the body of a message or mail. Any thread.
 */
#ifndef PARVIS_BASE_LOG_H
#define PARVIS_BASE_LOG_H

#include "common/base/status.h"

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Set once by main before the first thread starts; lines above the level are dropped. */
void log_set_level(enum log_level level);
MUST_CHECK enum status log_level_parse(const char *name, enum log_level *out);

void log_write(enum log_level level, const char *module, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_error(...)	 log_write(LOG_LEVEL_ERROR, LOG_MODULE, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, LOG_MODULE, __VA_ARGS__)
#define log_info(...)	 log_write(LOG_LEVEL_INFO, LOG_MODULE, __VA_ARGS__)
#define log_debug(...)	 log_write(LOG_LEVEL_DEBUG, LOG_MODULE, __VA_ARGS__)
/* Each .c that logs defines LOG_MODULE, for instance "sync", before this include. */

#endif
