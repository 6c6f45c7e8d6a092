/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/buf.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

#define FIRST_CAPACITY 128u

void buf_init(struct buf *buf, size_t max)
{
	/* One byte more is allocated for the NUL, and capacities double. */
	*buf = (struct buf){.max = max < SIZE_MAX / 4 ? max : SIZE_MAX / 4};
}

void buf_release(struct buf *buf)
{
	free(buf->p);
	*buf = (struct buf){.max = buf->max};
}

void buf_clear(struct buf *buf)
{
	buf->n = 0;
	buf->overflow = false;
	if (buf->p != NULL)
		buf->p[0] = '\0';
}

char *buf_reserve(struct buf *buf, size_t n)
{
	size_t need;

	if (buf->overflow || n > buf->max - buf->n) {
		buf->overflow = true;
		return NULL;
	}
	need = buf->n + n + 1;
	if (need > buf->cap) {
		size_t cap = buf->cap < FIRST_CAPACITY ? FIRST_CAPACITY : buf->cap * 2;

		if (cap > buf->max + 1)
			cap = buf->max + 1;
		if (cap < need)
			cap = need;
		buf->p = mem_realloc(buf->p, cap);
		buf->cap = cap;
	}
	/* Also after a reservation that is never committed the text ends. */
	buf->p[buf->n] = '\0';
	return buf->p + buf->n;
}

void buf_commit(struct buf *buf, size_t n)
{
	assert(n == 0 || n < buf->cap - buf->n);
	buf->n += n;
	if (buf->p != NULL)
		buf->p[buf->n] = '\0';
}

void buf_append(struct buf *buf, struct str s)
{
	char *end = buf_reserve(buf, s.n);

	if (end == NULL || s.n == 0)
		return;
	memcpy(end, s.p, s.n);
	buf_commit(buf, s.n);
}

void buf_append_c(struct buf *buf, const char *c_string)
{
	buf_append(buf, str_c(c_string));
}

void buf_append_byte(struct buf *buf, char byte)
{
	buf_append(buf, str_n(&byte, 1));
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_vprintf(buf, fmt, args);
	va_end(args);
}

void buf_vprintf(struct buf *buf, const char *fmt, va_list args)
{
	char small[256];
	va_list again;
	char *end;
	int n;

	va_copy(again, args);
	n = vsnprintf(small, sizeof(small), fmt, args);
	if (n < 0) {
		buf->overflow = true;
	} else if ((size_t)n < sizeof(small)) {
		buf_append(buf, str_n(small, (size_t)n));
	} else {
		end = buf_reserve(buf, (size_t)n);
		if (end != NULL) {
			vsnprintf(end, (size_t)n + 1, fmt, again);
			buf_commit(buf, (size_t)n);
		}
	}
	va_end(again);
}

void buf_consume(struct buf *buf, size_t n)
{
	assert(n <= buf->n);
	if (n == 0)
		return;
	buf->n -= n;
	memmove(buf->p, buf->p + n, buf->n);
	buf->p[buf->n] = '\0';
}

char *buf_take(struct buf *buf, size_t *n_out)
{
	char *p = buf->p == NULL ? mem_alloc(1) : buf->p;

	*n_out = buf->n;
	*buf = (struct buf){.max = buf->max};
	return p;
}
