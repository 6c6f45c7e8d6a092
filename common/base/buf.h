/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer with a mandatory maximum. An append that would pass the maximum changes
 * nothing and sets `overflow`, which stays set and refuses what follows: write straight down the
 * page, then look once with buf_status(). Out of memory aborts. The bytes always have a NUL behind
 * them.
 */
#ifndef PARVIS_BASE_BUF_H
#define PARVIS_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/str.h"

struct buf {
	char *p;    /* owned; NULL until the first append */
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated */
	size_t max; /* n never passes this */
	bool overflow;
};

void buf_init(struct buf *buf, size_t max);
void buf_release(struct buf *buf);
#define BUF_SCOPE(name, max_bytes)                             \
	__attribute__((cleanup(buf_release))) struct buf name; \
	buf_init(&name, (max_bytes))

void buf_clear(struct buf *buf); /* keeps the memory, forgets bytes and overflow */
void buf_append(struct buf *buf, struct str s);
void buf_append_c(struct buf *buf, const char *c_string);
void buf_append_byte(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
/* Room for `n` more bytes at the end, or NULL and overflow; buf_commit() counts what was written.
 */
char *buf_reserve(struct buf *buf, size_t n);
void buf_commit(struct buf *buf, size_t n);
/* Drops the first n bytes. */
void buf_consume(struct buf *buf, size_t n);
/* The bytes become the caller's (free() them); the buffer is empty again. */
char *buf_take(struct buf *buf, size_t *n_out);

static inline struct str buf_str(const struct buf *buf)
{
	return (struct str){buf->p == NULL ? "" : buf->p, buf->n};
}

/* STATUS_TOO_LARGE once an append was refused. */
MUST_CHECK static inline enum status buf_status(const struct buf *buf)
{
	return buf->overflow ? STATUS_TOO_LARGE : STATUS_OK;
}

#endif
