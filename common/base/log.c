/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/str.h"

#define LINE_MAX_BYTES 2048u

static _Atomic(enum log_level) threshold = LOG_LEVEL_INFO;

struct level_name {
	const char *name;
	enum log_level level;
};

static const struct level_name level_names[] = {
	{"error", LOG_LEVEL_ERROR},
	{"warning", LOG_LEVEL_WARNING},
	{"info", LOG_LEVEL_INFO},
	{"debug", LOG_LEVEL_DEBUG},
};

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&threshold, level, memory_order_relaxed);
}

enum status log_level_parse(const char *name, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
		if (strcmp(level_names[i].name, name) == 0) {
			*out = level_names[i].level;
			return STATUS_OK;
		}
	}
	return STATUS_INVALID;
}

static const char *level_name(enum log_level level)
{
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
		if (level_names[i].level == level)
			return level_names[i].name;
	}
	return "info";
}

/* "<6>" for the journal; a time and a word for a person. */
static size_t put_prefix(char *line, size_t size, enum log_level level)
{
	struct timespec now;
	struct tm tm;
	int n;

	if (!isatty(STDERR_FILENO)) {
		n = snprintf(line, size, "<%d>", (int)level);
		return (size_t)n;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = snprintf(line, size, "%02d:%02d:%02d.%03d %-7s ", tm.tm_hour, tm.tm_min, tm.tm_sec,
		(int)(now.tv_nsec / 1000000), level_name(level));
	return (size_t)n;
}

/*
 * Copies with control characters, and bytes that are not UTF-8, as \xNN: one event stays one
 * line, and no peer's text drives the terminal of who reads it.
 */
static size_t put_escaped(char *line, size_t room, struct str text)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	while (text.n > 0) {
		unsigned char byte = (unsigned char)text.p[0];
		size_t length = str_utf8_first(text);
		bool plain = length > 0 && byte >= 0x20 && byte != 0x7F;

		if (n + (plain ? length : 4) > room)
			break;
		if (plain) {
			memcpy(line + n, text.p, length);
			n += length;
		} else {
			const char escaped[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};

			memcpy(line + n, escaped, sizeof(escaped));
			n += sizeof(escaped);
			length = 1;
		}
		text = str_skip(text, length);
	}
	return n;
}

void log_write(enum log_level level, const char *module, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	char line[LINE_MAX_BYTES];
	int saved_errno = errno;
	va_list args;
	size_t n;
	int length;

	if (level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	va_start(args, fmt);
	length = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (length < 0)
		length = 0;
	if ((size_t)length >= sizeof(text))
		length = (int)sizeof(text) - 1;

	n = put_prefix(line, sizeof(line), level);
	n += put_escaped(line + n, 64, str_c(module));
	n += put_escaped(line + n, 2, STR(": "));
	n += put_escaped(line + n, sizeof(line) - 1 - n, str_n(text, (size_t)length));
	line[n++] = '\n';
	/* One write for the whole line: lines of several threads never mix. A log that cannot be
	 * written has nobody left to tell. */
	if (write(STDERR_FILENO, line, n) < 0)
		errno = saved_errno;
	errno = saved_errno;
}
